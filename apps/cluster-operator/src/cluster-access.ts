import { combineAccess, snapshotApiVersion, type ClusterAccess, type ClusterOf } from '@snapfleet/kubernetes';
import { hooksAccess, workloadAccess } from '@snapfleet/workloads';

const workload = { waitFor: 'that its controller has counted it down' } as const;

/**
 * All that the cluster operator does with the Kubernetes API without hooks: deploy/rbac/cluster-operator.yaml grants no other
 * rights. Namespaces are chosen by commands, so the rights are cluster-wide. No Secrets, no exec.
 */
export const ownAccess = combineAccess(workloadAccess, {
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
    list: 'whether a volume names the logical volume of a snapshot that is deleted',
    waitFor: 'that the volume of a scratch claim is gone',
    patch: 'reclaim policy Delete for the volume of a scratch claim, where its class retains it',
  },
  pods: {
    get: 'a bare Pod that is quiesced, and the Pod that uses a restored claim',
    list: 'who uses a claim',
    waitFor: 'that the Pod of a restored claim is ready or has ended, and that a Pod is gone',
    waitForAll: 'that nobody uses a claim that is quiesced, and who has used it once its snapshot is ready',
    create: 'a bare Pod again from its own manifest, and the Pod that uses a restored claim',
    patch: 'the note of the operations that have resumed a bare Pod',
    remove: 'a bare Pod that is quiesced, and Pods of our own',
  },
  events: { list: 'why something did not happen, for the message of an error' },
  autoscalers: { list: 'whether something else sets the replicas of a workload' },
  storageClasses: { get: 'driver and device class of a claim, and whether it can be expanded' },
  snapshots: {
    get: 'the VolumeSnapshot of a restore point',
    waitFor: 'that it is ready, or gone',
    list: 'snapshots that are left without their restore point',
    create: 'the VolumeSnapshot of a restore point',
    patch: 'finalizers off, with proof and on request only, and the note that a restore from it was cancelled',
    remove: 'VolumeSnapshots of our own',
  },
  snapshotContents: {
    get: 'the snapshotHandle of a restore point',
    list: 'contents that are left without their VolumeSnapshot, and who names a logical volume',
    waitFor: 'that it has its handle, or is gone',
    patch: 'deletion policy Delete for a purge, where the class says Retain',
    remove: 'what a purge has to delete itself',
  },
  snapshotClasses: { list: 'the class of a driver' },
  logicalVolumes: {
    get: 'the device class of a claim, and whether a purge has freed its snapshot',
    list: 'what is left without its owner, and who names a logical volume',
    waitFor: 'that an orphan is gone',
    remove: 'an orphan: ours by the journal, and proven that nothing refers to it',
  },
  workloads: {
    Deployment: workload,
    StatefulSet: workload,
    ReplicaSet: { ...workload, list: 'which Pods belong to a Deployment' },
    ReplicationController: workload,
  },
  serves: { [snapshotApiVersion]: 'whether there are VolumeSnapshots at all' },
  allows: 'whether hooks can be run in the Pods of a workload',
  version: 'readiness: the cheapest question that proves that the API server answers',
}) satisfies ClusterAccess;

/** The cluster operator has no other calls; deploy/rbac/cluster-operator-hooks.yaml grants those of hooks. */
export const clusterAccess = combineAccess(ownAccess, hooksAccess);

/** The cluster as the cluster operator sees it. */
export type Cluster = ClusterOf<typeof clusterAccess>;

/** Token of the cluster. */
export const clusterToken = Symbol('snapfleet.cluster');
