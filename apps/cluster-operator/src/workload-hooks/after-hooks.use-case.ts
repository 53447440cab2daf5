import {
  SnapfleetError,
  type DataOf,
  type Hook,
  type ReplyOf,
  type WorkloadRunHooks,
  type WritingPod,
} from '@snapfleet/contracts';
import { containerRun, isTerminating } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { describeFailure } from './describe-failure.js';
import { holdsOn, presentPod } from './present-pod.js';
import { runHook } from './run-hook.js';
import { unhookedPods } from './unhooked-pods.js';

type Command = DataOf<typeof WorkloadRunHooks>;

const mostTold = 64;
const longestMessage = 4096;

/**
 * Lets the application go on after the cut: each hook in order, in each Pod that is still there. One that fails keeps none
 * of the others from running. Before them it is looked what has happened to the Pods until then.
 */
export class AfterHooksUseCase {
  constructor(
    private readonly cluster: Cluster,
    private readonly now: () => Date,
  ) {}

  /** @throws SnapfleetError hook_failed once all hooks have run; KubernetesApiError; the signal's reason */
  async run(command: Command, signal: AbortSignal): Promise<ReplyOf<typeof WorkloadRunHooks>> {
    const gone = await this.#gone(command, signal);
    const unhooked = await unhookedPods(this.cluster, command, signal);
    const failures: Record<Hook['onError'], string[]> = { fail: [], continue: [] };
    for (const hook of command.hooks) {
      for (const pod of command.pods) {
        const failure = await this.#visit(command.namespace, pod, hook, signal);
        if (failure !== undefined) failures[hook.onError].push(failure);
      }
    }
    const { fail } = failures;
    if (fail.length > 0) throw new SnapfleetError('hook_failed', fail.join('; ').slice(0, longestMessage));
    return {
      endedAt: this.now().toISOString(),
      pods: command.pods,
      failures: failures.continue.slice(0, mostTold),
      gone,
      unhooked,
    };
  }

  async #gone({ namespace, pods }: Command, signal: AbortSignal): Promise<WritingPod[]> {
    const found = await Promise.all(pods.map((pod) => presentPod(this.cluster, namespace, pod, signal)));
    return pods.filter((pod, index) => !holdsOn(found[index], pod));
  }

  /** Why the hook failed; undefined: it did not, or its Pod has gone. */
  async #visit(namespace: string, pod: WritingPod, hook: Hook, signal: AbortSignal): Promise<string | undefined> {
    const found = await presentPod(this.cluster, namespace, pod, signal);
    if (found === undefined) return undefined;
    const container = containerRun(found, hook.container);
    const place = { pod: pod.name, container: container?.name ?? hook.container ?? '' };
    if (container === undefined) return describeFailure(hook, place, 'there is no such container');
    const key = { namespace, name: pod.name };
    const outcome = container.running ? await runHook(this.cluster, key, container.name, hook, signal) : notRunning;
    if (outcome.kind === 'exited' && outcome.exitCode === 0) return undefined;
    const after = await presentPod(this.cluster, namespace, pod, signal);
    // What ends anyway has nothing to go on with.
    if (after === undefined || isTerminating(after)) return undefined;
    return describeFailure(hook, place, outcome);
  }
}

const notRunning = { kind: 'unknown', why: 'the container does not run' } as const;
