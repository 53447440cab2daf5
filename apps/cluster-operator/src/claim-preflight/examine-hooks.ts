import {
  FencingToken,
  SnapfleetError,
  WritingPod,
  type Hook,
  type Namespace,
  type Quiesce,
} from '@snapfleet/contracts';
import { containerNames, describePod, hasEnded, isReady, isTerminating, type Pod } from '@snapfleet/kubernetes';
import { expectNotable, highestFence, missingHookRights, NoteRefusedError } from '@snapfleet/workloads';
import type { Cluster } from '../cluster-access.js';

type Hooks = Extract<Quiesce, { level: 'hooks' }>;

/** What keeps hooks from running in these Pods; empty: nothing does. @throws KubernetesApiError */
export async function findingsOfHooks(
  cluster: Cluster,
  namespace: Namespace,
  { before, after }: Hooks,
  pods: readonly Pod[],
  signal: AbortSignal,
): Promise<readonly SnapfleetError[]> {
  const missing = await missingHookRights(cluster, namespace, signal);
  const hooks = [...before, ...after];
  const running = pods.filter((pod) => !hasEnded(pod));
  return [
    ...(missing === undefined ? [] : [new SnapfleetError('hooks_unsupported', `the cluster operator ${missing}`)]),
    ...running.flatMap((pod) => (isReady(pod) && !isTerminating(pod) ? [] : [notReady(pod)])),
    ...running.flatMap((pod) => findingsOfContainers(pod, hooks)),
    ...(await findingsOfNote(cluster, namespace, running, signal)),
  ];
}

/** The note that the operation would leave after the cut. */
async function findingsOfNote(
  cluster: Cluster,
  namespace: Namespace,
  running: readonly Pod[],
  signal: AbortSignal,
): Promise<readonly SnapfleetError[]> {
  const fencingToken = FencingToken.parse(Math.min((highestFence(running) ?? 0) + 1, Number.MAX_SAFE_INTEGER));
  const pods = running.map(({ metadata: { name, uid } }) => WritingPod.parse({ name, uid }));
  try {
    await expectNotable(cluster, { namespace, fencingToken, pods }, signal);
    return [];
  } catch (error) {
    if (error instanceof NoteRefusedError) return [error];
    throw error;
  }
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
