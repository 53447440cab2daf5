import { combineAccess, type ClusterAccess, type ClusterOf } from '@snapfleet/kubernetes';
import { workloadAccess } from '@snapfleet/workloads';

const list = { list: 'marked workloads whose timer was lost' } as const;

/**
 * All that the workload guard does with the Kubernetes API: it brings back what was taken away, and deletes nothing.
 * Kubernetes has no right that would bind it to the workloads that are quiesced.
 */
export const clusterAccess = combineAccess(workloadAccess, {
  snapshots: { list: 'which snapshots are ready before a workload comes back: that decides what may be said of them' },
  workloads: { Deployment: list, StatefulSet: list, ReplicaSet: list, ReplicationController: list },
  version: 'readiness: the cheapest question that proves that the API server answers',
}) satisfies ClusterAccess;

/** The cluster as the workload guard sees it. */
export type Cluster = ClusterOf<typeof clusterAccess>;

/** Token of the cluster. */
export const clusterToken = Symbol('snapfleet.cluster');
