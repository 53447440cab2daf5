import type { DataOf, WorkloadRunHooks } from '@snapfleet/contracts';
import { isApiError, retryOnConflict } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { endMarkPatch, hasEndMark } from '@snapfleet/workloads';
import { annotation } from '../marks/marks.js';

/**
 * Leaves on each Pod that is still there the note that this operation lets it go on: hooks of before the cut that come later
 * find it and are refused. @throws KubernetesApiError
 */
export async function noteEndOfHooks(
  cluster: Cluster,
  { namespace, operationId, pods }: DataOf<typeof WorkloadRunHooks>,
  signal: AbortSignal,
): Promise<void> {
  const note = async (name: string, uid: string): Promise<void> => {
    const key = { namespace, name };
    const found = await cluster.pods.get(key, { signal });
    if (found?.metadata.uid !== uid || hasEndMark(found, annotation.resumed, operationId)) return;
    try {
      await cluster.pods.patch(key, endMarkPatch(found, annotation.resumed, operationId), { signal });
    } catch (error) {
      // Gone in between: there is nothing to fence.
      if (!isApiError(error, 404)) throw error;
    }
  };
  await Promise.all(pods.map(({ name, uid }) => retryOnConflict(() => note(name, uid), signal)));
}
