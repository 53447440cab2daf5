import {
  ObjectName,
  SnapfleetError,
  type DataOf,
  type Hook,
  type ReplyOf,
  type WorkloadRunHooks,
  type WritingPod,
} from '@snapfleet/contracts';
import { containerRun, isTerminating, type ContainerRun, type Pod } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { describeFailure, holdsOn, isFenced, presentPod, runHook } from '@snapfleet/workloads';
import { unhookedPods } from './unhooked-pods.js';

type Command = DataOf<typeof WorkloadRunHooks>;

const mostTold = 64;

/** A Pod in the run of one command. */
interface Visited {
  /** With the containers in which hooks have run so far, each as it was at its first hook. */
  pod: WritingPod;
  /** It is not there any more, or has forgotten what hooks had made ready. */
  gone: boolean;
}

/**
 * Makes the application ready for the cut: each hook in order, in each Pod. Run again after a crash, it runs the hooks
 * again: what of them has taken effect cannot be known.
 */
export class BeforeHooksUseCase {
  constructor(
    private readonly cluster: Cluster,
    private readonly now: () => Date,
  ) {}

  /** @throws SnapfleetError hook_failed, operation_superseded; KubernetesApiError; the signal's reason */
  async run(command: Command, signal: AbortSignal): Promise<ReplyOf<typeof WorkloadRunHooks>> {
    const visited = command.pods.map(({ name, uid }): Visited => ({ pod: { name, uid }, gone: false }));
    const failures: string[] = [];
    for (const hook of command.hooks) {
      for (const one of visited) {
        const failure = await this.#visit(command, one, hook, signal);
        if (failure === undefined) continue;
        if (hook.onError === 'fail') throw new SnapfleetError('hook_failed', failure);
        failures.push(failure);
      }
    }
    // Hooks that ran in another Pod of the same name, in a container that has ended since, or too late, show only now.
    for (const one of visited) await this.#find(command, one, signal);
    return {
      endedAt: this.now().toISOString(),
      pods: visited.map(({ pod }) => pod),
      failures: failures.slice(0, mostTold),
      gone: visited.flatMap(({ pod, gone }) => (gone ? [pod] : [])),
      unhooked: await unhookedPods(this.cluster, command, signal),
    };
  }

  /** Why the hook failed; undefined: it did not, or its Pod has gone. */
  async #visit(command: Command, visited: Visited, hook: Hook, signal: AbortSignal): Promise<string | undefined> {
    const found = await this.#find(command, visited, signal);
    if (found === undefined) return undefined;
    const container = containerRun(found, hook.container);
    const place = { pod: found.metadata.name, container: container?.name ?? hook.container ?? '' };
    if (container === undefined) return describeFailure(hook, place, 'there is no such container');
    if (!container.running) return describeFailure(hook, place, 'the container does not run');
    remember(visited, container);
    const key = { namespace: command.namespace, name: place.pod };
    const outcome = await runHook(this.cluster, key, container.name, hook, signal);
    if (outcome.kind === 'exited' && outcome.exitCode === 0) return undefined;
    // That a container ended is its hook's failure; of a Pod that was taken away nobody expects that its hook succeeds.
    const after = await this.#present(command, visited.pod, signal);
    visited.gone = after === undefined;
    return visited.gone ? undefined : describeFailure(hook, place, outcome);
  }

  /** The Pod, if it goes on with what hooks have made ready in it so far. */
  async #find(command: Command, visited: Visited, signal: AbortSignal): Promise<Pod | undefined> {
    if (visited.gone) return undefined;
    const found = await this.#present(command, visited.pod, signal);
    visited.gone = !holdsOn(found, visited.pod);
    return visited.gone ? undefined : found;
  }

  /** @throws SnapfleetError operation_superseded where hooks of after the cut have begun */
  async #present(
    { namespace, operationId, fencingToken }: Command,
    pod: WritingPod,
    signal: AbortSignal,
  ): Promise<Pod | undefined> {
    const found = await presentPod(this.cluster, namespace, pod, signal);
    if (found !== undefined && isFenced(found, fencingToken)) {
      const what = `operation ${operationId}, or a later one, has let Pod ${pod.name} go on already`;
      throw new SnapfleetError('operation_superseded', what);
    }
    return found === undefined || isTerminating(found) ? undefined : found;
  }
}

function remember(visited: Visited, { name, id }: ContainerRun): void {
  const { containers = [], ...pod } = visited.pod;
  if (containers.some((one) => one.name === name)) return;
  visited.pod = { ...pod, containers: [...containers, { name: ObjectName.parse(name), id }] };
}
