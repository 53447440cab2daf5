import type { z } from 'zod';
import { Event, Namespace } from '../model/cluster-objects.js';
import { KubeObject } from '../model/kube-object.js';
import { Pod } from '../model/pod.js';
import { Snapshot, SnapshotClass, SnapshotContent, snapshotGroup } from '../model/snapshot.js';
import { Claim, LogicalVolume, StorageClass, Volume } from '../model/volume.js';
import { ReplicationController, StatefulSet, Workload } from '../model/workload.js';
import type { ResourceType } from './resource-type.js';

type Shape = Partial<Pick<ResourceType, 'plural' | 'namespaced' | 'subresources' | 'selectableFields' | 'custom'>>;

function define<T extends KubeObject>(
  apiVersion: string,
  kind: string,
  schema: z.ZodType<T>,
  shape: Shape = {},
): ResourceType<T> {
  const [first = '', second] = apiVersion.split('/');
  return {
    group: second === undefined ? '' : first,
    version: second ?? first,
    kind,
    plural: `${kind.toLowerCase()}s`,
    namespaced: true,
    custom: false,
    subresources: [],
    selectableFields: [],
    schema,
    ...shape,
  };
}

const clusterWide: Shape = { namespaced: false };
const withStatus: Shape = { subresources: ['status'] };
const scalable: Shape = { subresources: ['status', 'scale'] };
const snapshots = `${snapshotGroup}/v1`;

/** Every kind that an embedded device serves. */
export const types = {
  namespaces: define('v1', 'Namespace', Namespace, { ...clusterWide, ...withStatus }),
  nodes: define('v1', 'Node', KubeObject, { ...clusterWide, ...withStatus }),
  pods: define('v1', 'Pod', Pod, {
    ...withStatus,
    selectableFields: ['spec.nodeName', 'spec.restartPolicy', 'spec.serviceAccountName', 'status.phase'],
  }),
  claims: define('v1', 'PersistentVolumeClaim', Claim, withStatus),
  volumes: define('v1', 'PersistentVolume', Volume, { ...clusterWide, ...withStatus }),
  serviceAccounts: define('v1', 'ServiceAccount', KubeObject),
  configMaps: define('v1', 'ConfigMap', KubeObject),
  secrets: define('v1', 'Secret', KubeObject),
  events: define('v1', 'Event', Event, {
    selectableFields: [
      'involvedObject.kind',
      'involvedObject.namespace',
      'involvedObject.name',
      'involvedObject.uid',
      'reason',
      'type',
    ],
  }),
  replicationControllers: define('v1', 'ReplicationController', ReplicationController, scalable),
  deployments: define('apps/v1', 'Deployment', Workload, scalable),
  replicaSets: define('apps/v1', 'ReplicaSet', Workload, scalable),
  statefulSets: define('apps/v1', 'StatefulSet', StatefulSet, scalable),
  autoscalers: define('autoscaling/v2', 'HorizontalPodAutoscaler', KubeObject, withStatus),
  storageClasses: define('storage.k8s.io/v1', 'StorageClass', StorageClass, {
    ...clusterWide,
    plural: 'storageclasses',
  }),
  csiDrivers: define('storage.k8s.io/v1', 'CSIDriver', KubeObject, clusterWide),
  csiNodes: define('storage.k8s.io/v1', 'CSINode', KubeObject, clusterWide),
  snapshots: define(snapshots, 'VolumeSnapshot', Snapshot, { ...withStatus, custom: true }),
  snapshotContents: define(snapshots, 'VolumeSnapshotContent', SnapshotContent, {
    ...withStatus,
    ...clusterWide,
    custom: true,
  }),
  snapshotClasses: define(snapshots, 'VolumeSnapshotClass', SnapshotClass, {
    ...clusterWide,
    custom: true,
    plural: 'volumesnapshotclasses',
  }),
  logicalVolumes: define('topolvm.io/v1', 'LogicalVolume', LogicalVolume, {
    ...withStatus,
    ...clusterWide,
    custom: true,
  }),
  definitions: define('apiextensions.k8s.io/v1', 'CustomResourceDefinition', KubeObject, clusterWide),
} as const;

/** The same as a list, for discovery and for what concerns all kinds. */
export const allTypes: readonly ResourceType[] = Object.values<ResourceType>(types);
