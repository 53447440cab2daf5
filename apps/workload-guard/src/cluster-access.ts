import { combineAccess, type ClusterAccess, type ClusterOf } from '@snapfleet/kubernetes';
import { hooksAccess, workloadAccess } from '@snapfleet/workloads';

const list = { list: 'marked workloads whose timer was lost' } as const;

/**
 * All that the workload guard does with the Kubernetes API without hooks: it brings back what was taken away, and deletes nothing.
 * Kubernetes has no right that would bind it to the workloads that are quiesced.
 */
export const ownAccess = combineAccess(workloadAccess, {
  snapshots: { list: 'which snapshots are ready before a workload comes back: that decides what may be said of them' },
  workloads: { Deployment: list, StatefulSet: list, ReplicaSet: list, ReplicationController: list },
  allows: 'whether it could run the hooks that let a workload go on',
  version: 'readiness: the cheapest question that proves that the API server answers',
}) satisfies ClusterAccess;

/** The workload guard has no other calls; deploy/rbac/workload-guard-hooks.yaml grants those of hooks. */
export const clusterAccess = combineAccess(ownAccess, hooksAccess);

/** The cluster as the workload guard sees it. */
export type Cluster = ClusterOf<typeof clusterAccess>;

/** Token of the cluster. */
export const clusterToken = Symbol('snapfleet.cluster');
