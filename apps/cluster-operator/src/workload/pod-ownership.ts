import { mostEndedPods, ObjectUid, type Workload } from '@snapfleet/contracts';
import { controllerOf, hasEnded, mentionsClaim, type Pod } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';

/** The Pods that name a claim, also those that have ended. */
export async function podsNaming(
  cluster: Cluster,
  about: { readonly namespace: string; readonly persistentVolumeClaim: string },
  signal: AbortSignal,
): Promise<readonly Pod[]> {
  const pods = await cluster.pods.list({ namespace: about.namespace }, { signal });
  return pods.filter((pod) => mentionsClaim(pod.spec, about.persistentVolumeClaim, pod.metadata.name));
}

/** The uids of those that have ended, as many as are told. */
export const endedPodUids = (pods: readonly Pod[]): ObjectUid[] =>
  pods
    .filter(hasEnded)
    .map(({ metadata }) => ObjectUid.parse(metadata.uid))
    .slice(0, mostEndedPods);

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
