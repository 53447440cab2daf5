import type { DataOf, ReplyOf, WorkloadRunHooks, WritingPod } from '@snapfleet/contracts';
import { KubernetesApiError } from '@snapfleet/kubernetes';
import { holdsOn, presentPod, runAfterHooks } from '@snapfleet/workloads';
import type { Cluster } from '../cluster-access.js';
import { unhookedPods } from './unhooked-pods.js';

type Command = DataOf<typeof WorkloadRunHooks>;
type Reply = ReplyOf<typeof WorkloadRunHooks>;

const mostTold = 64;
const longestText = 1024;

/**
 * Lets the application go on after the cut, by the same code as the workload guard. Before the first hook it is looked what
 * has happened to the Pods until then.
 */
export class AfterHooksUseCase {
  constructor(
    private readonly cluster: Cluster,
    private readonly now: () => Date,
  ) {}

  /** @throws SnapfleetError hook_failed once all hooks have run; KubernetesApiError; the signal's reason */
  async run(command: Command, signal: AbortSignal): Promise<Reply> {
    const gone = await this.#gone(command, signal);
    const others = await this.#others(command, signal);
    const failures = await runAfterHooks(this.cluster, command, signal);
    return {
      endedAt: this.now().toISOString(),
      pods: command.pods,
      failures: failures.slice(0, mostTold),
      gone,
      ...others,
    };
  }

  /** That Pods may not be listed keeps no application waiting. */
  async #others(command: Command, signal: AbortSignal): Promise<Pick<Reply, 'unhooked' | 'unproven'>> {
    try {
      return { unhooked: await unhookedPods(this.cluster, command, signal) };
    } catch (error) {
      if (!(error instanceof KubernetesApiError) || error.passing) throw error;
      return { unhooked: [], unproven: `whether Pods came meanwhile: ${error.message}`.slice(0, longestText) };
    }
  }

  async #gone({ namespace, pods }: Command, signal: AbortSignal): Promise<WritingPod[]> {
    const found = await Promise.all(pods.map((pod) => presentPod(this.cluster, namespace, pod, signal)));
    return pods.filter((pod, index) => !holdsOn(found[index], pod));
  }
}
