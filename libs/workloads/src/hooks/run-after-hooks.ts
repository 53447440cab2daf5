import { SnapfleetError, type Hook, type WritingPod } from '@snapfleet/contracts';
import { containerRun, isTerminating } from '@snapfleet/kubernetes';
import type { HooksCluster } from '../access/hooks-access.js';
import { describeFailure } from './describe-failure.js';
import { presentPod } from './present-pod.js';
import { runHook } from './run-hook.js';

const longestMessage = 4096;
const notRunning = { kind: 'unknown', why: 'the container does not run' } as const;

/** What lets an application go on after the cut, and where. */
export interface AfterHooks {
  readonly namespace: string;
  readonly pods: readonly WritingPod[];
  readonly hooks: readonly Hook[];
}

/**
 * Runs each hook in order, in each Pod that is still there. One that fails keeps none of the others from running.
 * @returns what failed and may fail
 * @throws SnapfleetError hook_failed once all hooks have run; KubernetesApiError; the signal's reason
 */
export async function runAfterHooks(
  cluster: HooksCluster,
  { namespace, pods, hooks }: AfterHooks,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const failures: Record<Hook['onError'], string[]> = { fail: [], continue: [] };
  for (const hook of hooks) {
    for (const pod of pods) {
      const failure = await visit(cluster, { namespace, pod, hook }, signal);
      if (failure !== undefined) failures[hook.onError].push(failure);
    }
  }
  if (failures.fail.length === 0) return failures.continue;
  throw new SnapfleetError('hook_failed', failures.fail.join('; ').slice(0, longestMessage));
}

/** Why the hook failed; undefined: it did not, or its Pod has gone. */
async function visit(
  cluster: HooksCluster,
  { namespace, pod, hook }: { readonly namespace: string; readonly pod: WritingPod; readonly hook: Hook },
  signal: AbortSignal,
): Promise<string | undefined> {
  const found = await presentPod(cluster, namespace, pod, signal);
  if (found === undefined) return undefined;
  const container = containerRun(found, hook.container);
  const place = { pod: pod.name, container: container?.name ?? hook.container ?? '' };
  if (container === undefined) return describeFailure(hook, place, 'there is no such container');
  const key = { namespace, name: pod.name };
  const outcome = container.running ? await runHook(cluster, key, container.name, hook, signal) : notRunning;
  if (outcome.kind === 'exited' && outcome.exitCode === 0) return undefined;
  const after = await presentPod(cluster, namespace, pod, signal);
  // What ends anyway has nothing to go on with.
  if (after === undefined || isTerminating(after)) return undefined;
  return describeFailure(hook, place, outcome);
}
