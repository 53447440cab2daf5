import type { Namespace } from '@snapfleet/contracts';
import { isHeld, type TimerKey, type TimerOrder } from '@snapfleet/workloads';
import { expectHookRights } from '../bring-back/returns.js';
import type { Cluster } from '../cluster-access.js';
import type { ArmedTimer } from './timer.js';
import type { Timers } from './timers.js';

/** Shorter than what a client waits for an answer. */
const answerMs = 4_000;

/** Arms a timer. What the guard could not undo, because it has not the right to, must not be begun. */
export class ArmTimerUseCase {
  constructor(
    private readonly timers: Timers,
    private readonly cluster: Cluster,
  ) {}

  /** @throws SnapfleetError operation_superseded, hooks_unsupported, guard_unavailable; KubernetesApiError */
  async run(key: TimerKey, order: TimerOrder): Promise<ArmedTimer> {
    if (isHeld(order.workload) && this.timers.find(key) === undefined) await this.expectHooks(order.namespace);
    return this.timers.arm(key, order);
  }

  /** @throws SnapfleetError hooks_unsupported; KubernetesApiError */
  expectHooks(namespace: Namespace): Promise<void> {
    return expectHookRights(this.cluster, namespace, AbortSignal.timeout(answerMs));
  }
}
