import type { Namespace, ObjectUid, OperationId } from '@snapfleet/contracts';
import type { TimerAnswer, TimerOrder } from './guard-protocol.js';

/** Which timer. */
export interface TimerKey {
  readonly operationId: OperationId;
  readonly workloadUid: ObjectUid;
}

/** How long an answer is waited for, and how the waiting is stopped. */
export interface Patience {
  /** How long a guard that does not answer, for example because it starts again, is asked again. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
}

/** The workload guard as its clients see it. Every call may be repeated. */
export interface WorkloadGuard {
  /**
   * Resolves when the timer is on the disk of the guard. Arming again changes nothing and gives the same time.
   * @throws SnapfleetError guard_unavailable; operation_superseded when the operation has ended or is being ended;
   *   hooks_unsupported when the guard could not run the hooks that let the workload go on; workload_not_recreatable when it
   *   could not make a bare Pod again
   */
  arm(key: TimerKey, order: TimerOrder, patience: Patience): Promise<{ readonly dueAt: string }>;

  /** How the timer is; undefined when the guard has never heard of it. @throws SnapfleetError guard_unavailable */
  find(key: TimerKey, patience: Patience): Promise<TimerAnswer | undefined>;

  /**
   * Ends the timer after the workload was put back or let go on, for good: it cannot be armed again. Tells whether it was too late.
   * @throws SnapfleetError guard_unavailable
   */
  disarm(key: TimerKey, patience: Patience): Promise<TimerAnswer>;

  /**
   * Resolves where the guard could run the hooks of after the cut in Pods of this namespace, which an armed timer of hooks needs.
   * @throws SnapfleetError guard_unavailable; hooks_unsupported
   */
  expectHooks(namespace: Namespace, patience: Patience): Promise<void>;

  /** The timers that are armed or firing. @throws SnapfleetError guard_unavailable */
  list(patience: Patience): Promise<readonly TimerAnswer[]>;
}
