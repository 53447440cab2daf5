import { controllerOf, usesClaim, type Pod } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import type { Workload } from '@snapfleet/contracts';

/** The Pods that use a claim. */
export async function usersOfClaim(
  cluster: Cluster,
  about: { readonly namespace: string; readonly persistentVolumeClaim: string },
  signal: AbortSignal,
): Promise<readonly Pod[]> {
  const pods = await cluster.pods.list({ namespace: about.namespace }, { signal });
  return pods.filter((pod) => usesClaim(pod, about.persistentVolumeClaim));
}

/** The Pods that this workload does not look after: they would go on writing while it is away. */
export async function podsOfOthers(
  cluster: Cluster,
  pods: readonly Pod[],
  workload: Workload & { readonly uid: string; readonly namespace: string },
  signal: AbortSignal,
): Promise<readonly Pod[]> {
  if (workload.kind === 'Pod') return pods.filter((pod) => pod.metadata.uid !== workload.uid);
  const owners = new Set([workload.uid]);
  if (workload.kind === 'Deployment' && pods.length > 0) {
    const sets = await cluster.workloads.ReplicaSet.list({ namespace: workload.namespace }, { signal });
    for (const set of sets) if (controllerOf(set)?.uid === workload.uid) owners.add(set.metadata.uid);
  }
  return pods.filter((pod) => !owners.has(controllerOf(pod)?.uid ?? ''));
}

/** A Pod with the one that looks after it, for messages. */
export function nameWithOwner(pod: Pod): string {
  const owner = controllerOf(pod);
  return `Pod ${pod.metadata.name}${owner === undefined ? '' : ` of ${owner.kind} ${owner.name}`}`;
}
