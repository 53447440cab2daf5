import { snapshotApiVersion, type ClusterAccess, type ClusterOf } from '@snapfleet/kubernetes';

const workload = {
  get: 'what a workload is like before it is quiesced, and whether it still is when it is resumed',
  waitFor: 'that its controller has counted it down',
  patch: 'the mark of the operation that quiesces it, and the note of those that have resumed it',
  scale: 'to 0 and back to exactly its replicas',
} as const;

/**
 * All that the cluster operator does with the Kubernetes API: it has no other calls, and deploy/rbac/cluster-operator.yaml
 * grants no other rights. Namespaces are chosen by commands, so the rights are cluster-wide. No Secrets, no exec.
 */
export const clusterAccess = {
  claims: {
    get: 'the claim that is snapshotted, and those that restores make',
    list: 'whether a snapshot is being restored into one, before it is deleted',
    waitFor: 'that a restored claim is bound or expanded, and that a scratch claim is gone',
    create: 'restored claims',
    patch: 'the size of a restored claim, and notes: that it is restored, that a snapshot of it was removed',
    remove: 'scratch claims of our own, and what a failed restore has made',
  },
  volumes: {
    get: 'the CSI handle of a claim',
    waitFor: 'that the volume of a scratch claim is gone',
    patch: 'reclaim policy Delete for the volume of a scratch claim, where its class retains it',
  },
  pods: {
    get: 'a bare Pod that is quiesced, and the Pod that uses a restored claim',
    list: 'who uses a claim',
    waitFor: 'that the Pod of a restored claim is ready or has ended, and that a Pod is gone',
    waitForAll: 'that nobody uses a claim that is quiesced',
    create: 'a bare Pod again from its own manifest, and the Pod that uses a restored claim',
    patch: 'the note of the operations that have resumed a bare Pod',
    remove: 'a bare Pod that is quiesced, and Pods of our own',
  },
  events: { list: 'why something did not happen, for the message of an error' },
  storageClasses: { get: 'driver and device class of a claim, and whether it can be expanded' },
  snapshots: {
    get: 'the VolumeSnapshot of a restore point',
    waitFor: 'that it is ready, or gone',
    create: 'the VolumeSnapshot of a restore point',
    patch: 'finalizers off, with proof that nothing refers to it and on request only',
    remove: 'VolumeSnapshots of our own',
  },
  snapshotContents: {
    get: 'the snapshotHandle of a restore point',
    list: 'contents that an interrupted purge left without their VolumeSnapshot',
    waitFor: 'that it has its handle, or is gone',
    patch: 'deletion policy Delete for a purge, where the class says Retain',
    remove: 'what a purge has to delete itself',
  },
  snapshotClasses: { list: 'the class of a driver' },
  logicalVolumes: { get: 'the device class of a claim, and whether a purge has freed its snapshot' },
  workloads: {
    Deployment: workload,
    StatefulSet: workload,
    ReplicaSet: { ...workload, list: 'which Pods belong to a Deployment' },
    ReplicationController: workload,
  },
  serves: { [snapshotApiVersion]: 'whether there are VolumeSnapshots at all' },
  version: 'readiness: the cheapest question that proves that the API server answers',
} as const satisfies ClusterAccess;

/** The cluster as the cluster operator sees it. */
export type Cluster = ClusterOf<typeof clusterAccess>;

/** Token of the cluster. */
export const clusterToken = Symbol('snapfleet.cluster');
