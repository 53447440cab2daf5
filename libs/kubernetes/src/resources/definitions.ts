import type { z } from 'zod';
import { Event } from '../objects/event.js';
import { HorizontalPodAutoscaler } from '../objects/horizontal-pod-autoscaler.js';
import type { KubernetesObject } from '../objects/object-meta.js';
import { Pod } from '../objects/pod.js';
import { ScalableWorkload } from '../objects/scalable-workload.js';
import { VolumeSnapshot, VolumeSnapshotClass, VolumeSnapshotContent } from '../objects/volume-snapshot.js';
import { LogicalVolume, PersistentVolume, PersistentVolumeClaim, StorageClass } from '../objects/volume.js';
import type { ResourceDefinition } from './resource-definition.js';

/** The API group and version of VolumeSnapshots. */
export const snapshotApiVersion = 'snapshot.storage.k8s.io/v1';

function define<T extends KubernetesObject>(
  apiVersion: string,
  kind: string,
  schema: z.ZodType<T>,
  shape: { readonly plural?: string; readonly namespaced?: boolean } = {},
): ResourceDefinition<T> {
  const plural = shape.plural ?? `${kind.toLowerCase()}s`;
  return { apiVersion, kind, plural, namespaced: shape.namespaced ?? true, schema };
}

const clusterWide = { namespaced: false };

/** Every kind of object that Snapfleet reads or writes. */
export const resources = {
  claims: define('v1', 'PersistentVolumeClaim', PersistentVolumeClaim),
  volumes: define('v1', 'PersistentVolume', PersistentVolume, clusterWide),
  pods: define('v1', 'Pod', Pod),
  events: define('v1', 'Event', Event),
  autoscalers: define('autoscaling/v2', 'HorizontalPodAutoscaler', HorizontalPodAutoscaler),
  storageClasses: define('storage.k8s.io/v1', 'StorageClass', StorageClass, {
    plural: 'storageclasses',
    namespaced: false,
  }),
  snapshots: define(snapshotApiVersion, 'VolumeSnapshot', VolumeSnapshot),
  snapshotContents: define(snapshotApiVersion, 'VolumeSnapshotContent', VolumeSnapshotContent, clusterWide),
  snapshotClasses: define(snapshotApiVersion, 'VolumeSnapshotClass', VolumeSnapshotClass, {
    plural: 'volumesnapshotclasses',
    namespaced: false,
  }),
  logicalVolumes: define('topolvm.io/v1', 'LogicalVolume', LogicalVolume, clusterWide),
} as const;

/** The workloads that can be scaled. */
export const workloadResources = {
  Deployment: define('apps/v1', 'Deployment', ScalableWorkload),
  StatefulSet: define('apps/v1', 'StatefulSet', ScalableWorkload),
  ReplicaSet: define('apps/v1', 'ReplicaSet', ScalableWorkload),
  ReplicationController: define('v1', 'ReplicationController', ScalableWorkload),
} as const;
