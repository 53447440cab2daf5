import type { Namespace } from '@snapfleet/contracts';
import {
  expectNotable,
  expectRecreation,
  isHeld,
  recreationOf,
  type TimerKey,
  type TimerOrder,
} from '@snapfleet/workloads';
import { expectHookRights } from '../bring-back/returns.js';
import type { Cluster } from '../cluster-access.js';
import type { ArmedTimer } from './timer.js';
import type { Timers } from './timers.js';

/** Shorter than what a client waits for an answer. */
const answerMs = 4_000;

/** Arms a timer. What the guard could not undo, because it is not allowed to, must not be begun. */
export class ArmTimerUseCase {
  constructor(
    private readonly timers: Timers,
    private readonly cluster: Cluster,
  ) {}

  /**
   * @throws SnapfleetError operation_superseded, hooks_unsupported, workload_not_recreatable, guard_unavailable,
   *   deadline_exceeded; KubernetesApiError
   */
  async run(key: TimerKey, order: TimerOrder): Promise<ArmedTimer> {
    if (this.timers.find(key) === undefined) await this.expectReturn(key, order);
    return this.timers.arm(key, order);
  }

  /** @throws SnapfleetError hooks_unsupported; KubernetesApiError */
  expectHooks(namespace: Namespace): Promise<void> {
    return expectHookRights(this.cluster, namespace, AbortSignal.timeout(answerMs));
  }

  /** A ServiceAccount other than that of cluster-operator may be refused what that one may do. */
  private async expectReturn(
    { operationId }: TimerKey,
    { fencingToken, namespace, workload }: TimerOrder,
  ): Promise<void> {
    if (isHeld(workload)) {
      const signal = AbortSignal.timeout(answerMs);
      await expectHookRights(this.cluster, namespace, signal);
      await expectNotable(this.cluster, { fencingToken, namespace, pods: workload.pods }, signal);
    } else if (workload.kind === 'Pod') {
      const { name } = workload;
      const manifest = recreationOf(workload, operationId);
      const pod = { maker: 'workload-guard', namespace, name, manifest } as const;
      await expectRecreation(this.cluster, pod, { deadlineMs: answerMs });
    }
  }
}
