import type { WritingPod } from '@snapfleet/contracts';
import { containerRun, hasEnded, isTerminating, type Pod } from '@snapfleet/kubernetes';
import type { HooksCluster } from '../access/hooks-access.js';

/** The Pod, if it is still this one and has not ended. @throws KubernetesApiError */
export async function presentPod(
  cluster: Pick<HooksCluster, 'pods'>,
  namespace: string,
  { name, uid }: WritingPod,
  signal: AbortSignal,
): Promise<Pod | undefined> {
  const found = await cluster.pods.get({ namespace, name }, { signal });
  return found?.metadata.uid === uid && !hasEnded(found) ? found : undefined;
}

/** Whether the Pod goes on with what hooks have made ready in it: it stays, and their containers have not been started again. */
export function holdsOn(found: Pod | undefined, { containers = [] }: WritingPod): found is Pod {
  if (found === undefined || isTerminating(found)) return false;
  return containers.every(({ name, id }) => {
    const now = containerRun(found, name);
    return now?.running === true && now.id === id;
  });
}
