import type { DataOf, WorkloadRunHooks } from '@snapfleet/contracts';
import { isApiError, retryOnConflict } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { fencePatch } from '@snapfleet/workloads';

/**
 * Leaves on each Pod that is still there the note that this operation lets it go on: hooks of before the cut that come later
 * find it and are refused. @throws KubernetesApiError
 */
export async function noteEndOfHooks(
  cluster: Cluster,
  { namespace, fencingToken, pods }: DataOf<typeof WorkloadRunHooks>,
  signal: AbortSignal,
): Promise<void> {
  const note = async (name: string, uid: string): Promise<void> => {
    const key = { namespace, name };
    const found = await cluster.pods.get(key, { signal });
    const note = found?.metadata.uid === uid ? fencePatch(found, fencingToken) : undefined;
    if (note === undefined) return;
    try {
      await cluster.pods.patch(key, note, { signal });
    } catch (error) {
      // Gone in between: there is nothing to fence.
      if (!isApiError(error, 404)) throw error;
    }
  };
  await Promise.all(pods.map(({ name, uid }) => retryOnConflict(() => note(name, uid), signal)));
}
