import type { HooksCluster } from '../access/hooks-access.js';

/**
 * The verbs on `pods/exec` that a command in a Pod needs: a WebSocket is opened by GET, and from Kubernetes 1.35 on the API
 * server asks for `create` as well (kubernetes/kubernetes 133515).
 */
const verbs = ['get', 'create'] as const;

/** Which rights this client has not that commands in Pods of a namespace need, in words; undefined: it has them all. @throws KubernetesApiError */
export async function missingHookRights(
  cluster: Pick<HooksCluster, 'allows'>,
  namespace: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const allowed = await Promise.all(
    verbs.map((verb) => cluster.allows({ namespace, verb, resource: 'pods', subresource: 'exec' }, { signal })),
  );
  const missing = verbs.filter((_verb, index) => allowed[index] === false);
  if (missing.length === 0) return undefined;
  return `may not run commands in Pods of namespace ${namespace}: it has not the right to ${missing.join(' and ')} pods/exec`;
}
