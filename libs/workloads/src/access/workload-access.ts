import type { ClusterAccess, ClusterOf } from '@snapfleet/kubernetes';

const workload = {
  get: 'what a workload is like, and whether it still is when it is resumed',
  patch: 'the mark of the operation that quiesces it, and the note of those that have resumed it',
  scale: 'to 0 and back to exactly its replicas',
} as const;

/** What bringing a workload back does with the Kubernetes API. */
export const workloadAccess = {
  pods: {
    get: 'a bare Pod that is quiesced',
    waitFor: 'that a bare Pod is gone before it is made again',
    create: 'a bare Pod again from its own manifest',
    tryCreate: 'whether a bare Pod could be made again, before it is deleted',
    patch: 'the note of the operations that have resumed a bare Pod',
  },
  workloads: {
    Deployment: workload,
    StatefulSet: workload,
    ReplicaSet: workload,
    ReplicationController: workload,
  },
} as const satisfies ClusterAccess;

/** The cluster as bringing a workload back sees it. */
export type WorkloadCluster = ClusterOf<typeof workloadAccess>;
