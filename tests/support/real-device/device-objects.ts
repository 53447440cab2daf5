import type { Manifest } from '../device-under-test.js';

const driver = 'topolvm.io';

/** The one Node of the device. */
export const nodeName = 'device';

/** What a kubelet with the node-driver-registrar registers, and TopoLVM's CSIDriver: TopoLVM needs them at its start. */
export function nodeObjects(now: Date): readonly Manifest[] {
  const labels = {
    'kubernetes.io/hostname': nodeName,
    'kubernetes.io/os': 'linux',
    'topology.topolvm.io/node': nodeName,
  };
  return [
    { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, labels }, status: nodeStatus(now) },
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSINode',
      metadata: { name: nodeName },
      spec: { drivers: [{ name: driver, nodeID: nodeName, topologyKeys: ['topology.topolvm.io/node'] }] },
    },
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSIDriver',
      metadata: { name: driver },
      spec: {
        attachRequired: false,
        podInfoOnMount: true,
        storageCapacity: false,
        volumeLifecycleModes: ['Persistent'],
      },
    },
  ];
}

/** The API server gives a new Node a taint that the node lifecycle controller, which does not run here, would remove. */
export const nodeWithoutTaints: Manifest = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: nodeName },
  spec: { taints: null },
};

function nodeStatus(now: Date): object {
  const resources = { cpu: '4', memory: '8Gi', pods: '110' };
  const time = now.toISOString();
  return {
    capacity: resources,
    allocatable: resources,
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'NodeStandIn',
        message: 'the node stand-in serves the Pods of this node',
        lastHeartbeatTime: time,
        lastTransitionTime: time,
      },
    ],
  };
}

function storageClass(name: string, filesystem: string): Manifest {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    provisioner: driver,
    volumeBindingMode: 'WaitForFirstConsumer',
    allowVolumeExpansion: true,
    parameters: { 'csi.storage.k8s.io/fstype': filesystem, 'topolvm.io/device-class': 'thin' },
  };
}

function snapshotClass(name: string, deletionPolicy: string, annotations: Record<string, string>): Manifest {
  return {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshotClass',
    metadata: { name, annotations },
    driver,
    deletionPolicy,
  };
}

/** The classes that every device under test has. */
export const classObjects: readonly Manifest[] = [
  storageClass('topolvm-provisioner-thin', 'xfs'),
  storageClass('topolvm-provisioner-ext4', 'ext4'),
  snapshotClass('topolvm-snapclass', 'Delete', { 'snapshot.storage.kubernetes.io/is-default-class': 'true' }),
  snapshotClass('topolvm-snapclass-retain', 'Retain', {}),
];
