import { SnapfleetError, type Hook, type Quiesce } from '@snapfleet/contracts';
import { containerNames, describePod, hasEnded, isReady, isTerminating, type Pod } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';

type Hooks = Extract<Quiesce, { level: 'hooks' }>;

/**
 * The verbs on `pods/exec` that a command in a Pod needs: a WebSocket is opened by GET, and from Kubernetes 1.35 on the API
 * server asks for `create` as well (kubernetes/kubernetes 133515).
 */
const verbs = ['get', 'create'] as const;

/** What keeps hooks from running in these Pods; empty: nothing does. @throws KubernetesApiError */
export async function findingsOfHooks(
  cluster: Cluster,
  namespace: string,
  { before, after }: Hooks,
  pods: readonly Pod[],
  signal: AbortSignal,
): Promise<readonly SnapfleetError[]> {
  const allowed = await Promise.all(
    verbs.map((verb) => cluster.allows({ namespace, verb, resource: 'pods', subresource: 'exec' }, { signal })),
  );
  const missing = verbs.filter((_verb, index) => allowed[index] === false);
  const hooks = [...before, ...after];
  const running = pods.filter((pod) => !hasEnded(pod));
  return [
    ...(missing.length === 0 ? [] : [mayNot(namespace, missing)]),
    ...running.flatMap((pod) => (isReady(pod) && !isTerminating(pod) ? [] : [notReady(pod)])),
    ...running.flatMap((pod) => findingsOfContainers(pod, hooks)),
  ];
}

function mayNot(namespace: string, missing: readonly string[]): SnapfleetError {
  const what = `the cluster operator may not run commands in Pods of namespace ${namespace}: it has not the right to ${missing.join(' and ')} pods/exec`;
  return new SnapfleetError('hooks_unsupported', what);
}

/** It may be ready soon, so the same command may succeed later. */
function notReady(pod: Pod): SnapfleetError {
  const what = `${describePod(pod)} is not Ready, so that its hooks might find an application that is only starting or ending`;
  return new SnapfleetError('hooks_unsupported', what, { retryable: true });
}

function findingsOfContainers(pod: Pod, hooks: readonly Hook[]): readonly SnapfleetError[] {
  const names = containerNames(pod);
  const wanted = new Set(hooks.flatMap(({ container }) => container ?? []));
  return [...wanted]
    .filter((container) => !names.includes(container))
    .map((container) => {
      const what = `Pod ${pod.metadata.name} has no container ${container}; it has: ${names.join(', ')}`;
      return new SnapfleetError('hooks_unsupported', what);
    });
}
