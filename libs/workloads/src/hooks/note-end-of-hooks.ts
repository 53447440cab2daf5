import type { FencingToken, Namespace, WritingPod } from '@snapfleet/contracts';
import { isApiError, retryOnConflict } from '@snapfleet/kubernetes';
import type { HooksCluster } from '../access/hooks-access.js';
import { fencePatch, isFenced } from '../marks/fence.js';
import { presentPod } from './present-pod.js';

/** The Pods in which hooks of an operation have run, or may have. */
export interface HookedPods {
  /** Absent where a former version began: then nothing is noted. */
  readonly fencingToken?: FencingToken | undefined;
  readonly namespace: Namespace;
  readonly pods: readonly WritingPod[];
}

/**
 * Leaves on each Pod that is still there the note that this operation lets it go on: hooks of before the cut that come later
 * find it and are refused. @throws KubernetesApiError
 */
export async function noteEndOfHooks(
  cluster: HooksCluster,
  { namespace, fencingToken, pods }: HookedPods,
  signal: AbortSignal,
): Promise<void> {
  const note = async (name: string, uid: string): Promise<void> => {
    const key = { namespace, name };
    const found = await cluster.pods.get(key, { signal });
    const patch = found?.metadata.uid === uid ? fencePatch(found, fencingToken) : undefined;
    if (patch === undefined) return;
    try {
      await cluster.pods.patch(key, patch, { signal });
    } catch (error) {
      // Gone in between: there is nothing to fence.
      if (!isApiError(error, 404)) throw error;
    }
  };
  await Promise.all(pods.map(({ name, uid }) => retryOnConflict(() => note(name, uid), signal)));
}

/** Whether this operation, or a later one, has begun to let these Pods go on: one of them has the note. @throws KubernetesApiError */
export async function isEndOfHooksNoted(
  cluster: HooksCluster,
  { namespace, fencingToken, pods }: HookedPods,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await Promise.all(pods.map((pod) => presentPod(cluster, namespace, pod, signal)));
  return found.some((pod) => pod !== undefined && isFenced(pod, fencingToken));
}
