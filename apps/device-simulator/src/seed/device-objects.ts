import { timestamp } from '../model/kube-object.js';
import { snapshotMarks } from '../model/snapshot.js';
import { topolvmDriver } from '../model/volume.js';
import type { Manifest, Objects } from '../store/objects.js';
import { allTypes, types } from '../store/resource-types.js';
import type { ResourceType } from '../store/resource-type.js';

const storageClass = (name: string, fstype: string, deviceClass: string): Manifest => ({
  metadata: { name },
  provisioner: topolvmDriver,
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'WaitForFirstConsumer',
  allowVolumeExpansion: true,
  parameters: {
    'csi.storage.k8s.io/fstype': fstype,
    ...(deviceClass === '' ? {} : { 'topolvm.io/device-class': deviceClass }),
  },
});

const snapshotClass = (name: string, deletionPolicy: 'Delete' | 'Retain', isDefault: boolean): Manifest => ({
  metadata: { name, ...(isDefault ? { annotations: { [snapshotMarks.defaultClass]: 'true' } } : {}) },
  driver: topolvmDriver,
  deletionPolicy,
});

function nodeOf(name: string): Manifest {
  const resources = { cpu: '4', memory: '8Gi', pods: '110' };
  const now = timestamp();
  const ready = { type: 'Ready', status: 'True', reason: 'EmbeddedDevice', message: 'this node runs no containers' };
  return {
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'topology.topolvm.io/node': name },
    },
    spec: {},
    status: {
      capacity: resources,
      allocatable: resources,
      conditions: [{ ...ready, lastHeartbeatTime: now, lastTransitionTime: now }],
    },
  };
}

function definitionOf({ group, version, kind, plural, namespaced }: ResourceType): Manifest {
  return {
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      scope: namespaced ? 'Namespaced' : 'Cluster',
      versions: [{ name: version, served: true, storage: true }],
    },
    status: { conditions: [{ type: 'Established', status: 'True' }], storedVersions: [version] },
  };
}

/** What a device has before anybody uses it: namespaces, its node, TopoLVM's driver, definitions and classes. */
export function seedDevice(objects: Objects, nodeName: string): void {
  for (const name of ['default', 'kube-system']) {
    const spec = { finalizers: ['kubernetes'] };
    objects.create(types.namespaces, { metadata: { name }, spec, status: { phase: 'Active' } });
  }
  objects.create(types.nodes, nodeOf(nodeName));
  objects.create(types.csiNodes, {
    metadata: { name: nodeName },
    spec: { drivers: [{ name: topolvmDriver, nodeID: nodeName, topologyKeys: ['topology.topolvm.io/node'] }] },
  });
  objects.create(types.csiDrivers, {
    metadata: { name: topolvmDriver },
    spec: { attachRequired: false, podInfoOnMount: true, storageCapacity: false, volumeLifecycleModes: ['Persistent'] },
  });
  for (const type of allTypes.filter(({ custom }) => custom)) objects.create(types.definitions, definitionOf(type));
  objects.create(types.storageClasses, storageClass('topolvm-provisioner', 'xfs', ''));
  objects.create(types.storageClasses, storageClass('topolvm-provisioner-thin', 'xfs', 'thin'));
  objects.create(types.storageClasses, storageClass('topolvm-provisioner-ext4', 'ext4', 'thin'));
  objects.create(types.snapshotClasses, snapshotClass('topolvm-snapclass', 'Delete', true));
  objects.create(types.snapshotClasses, snapshotClass('topolvm-snapclass-retain', 'Retain', false));
}
