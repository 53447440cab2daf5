import { SnapfleetError, type ObjectUid, type OperationId } from '@snapfleet/contracts';
import type { TimerAnswer, TimerKey, TimerOrder, WorkloadGuard } from '@snapfleet/workloads';
import { now } from './samples.js';

type BroughtBack = Extract<TimerAnswer, { state: 'brought-back' }>;

/** A workload guard in memory; what it is told comes into the same list as the writes to the cluster. */
export class FakeGuard implements WorkloadGuard {
  readonly orders = new Map<string, TimerOrder>();
  readonly ended = new Map<string, TimerAnswer>();
  /** Whether it may run commands in Pods. */
  mayRunHooks = true;
  /** What it has counted; undefined: it could not. */
  downtimeMs: number | undefined;
  /** Whether it could make no bare Pod again. */
  refusesPods = false;
  /** How many of the next questions stay without an answer. */
  silences = 0;

  constructor(private readonly writes: string[]) {}

  arm({ operationId }: TimerKey, order: TimerOrder): Promise<{ readonly dueAt: string }> {
    return this.answer(() => {
      const ended = this.ended.get(operationId);
      if (ended !== undefined) throw new SnapfleetError('operation_superseded', `the timer is ${ended.state}`);
      if (this.refusesPods && !this.orders.has(operationId))
        throw new SnapfleetError('workload_not_recreatable', 'workload-guard could not make the Pod again');
      if (!this.orders.has(operationId)) this.writes.push('arm');
      this.orders.set(operationId, order);
      return { dueAt: new Date(now().getTime() + order.maximumDowntimeSeconds * 1000).toISOString() };
    });
  }

  find({ operationId }: TimerKey): Promise<TimerAnswer | undefined> {
    return this.answer(() => this.ended.get(operationId) ?? this.armed(operationId));
  }

  disarm({ operationId }: TimerKey): Promise<TimerAnswer> {
    return this.answer(() => {
      const ended = this.ended.get(operationId);
      if (ended !== undefined) return ended;
      this.writes.push('disarm');
      const wasArmed = this.orders.has(operationId);
      const disarmed: TimerAnswer = { state: 'disarmed', operationId, wasArmed, downtimeMs: this.downtimeMs };
      this.ended.set(operationId, disarmed);
      return disarmed;
    });
  }

  list(): Promise<readonly TimerAnswer[]> {
    return this.answer(() => []);
  }

  expectHooks(): Promise<void> {
    return this.answer(() => {
      if (!this.mayRunHooks) throw new SnapfleetError('hooks_unsupported', 'workload-guard may not run commands');
    });
  }

  /** The time of this operation was over. */
  bringsBack({ operationId, workloadUid }: TimerKey, readySnapshots: ObjectUid[]): BroughtBack {
    const order = this.orders.get(operationId);
    if (order === undefined) throw new Error('no timer was armed');
    const { namespace, workload } = order;
    const about = { kind: workload.kind, name: workload.name, uid: workloadUid };
    const at = '2026-11-23T12:15:00.000Z';
    const { downtimeMs } = this;
    const told = {
      state: 'brought-back' as const,
      operationId,
      namespace,
      workload: about,
      at,
      readySnapshots,
      downtimeMs,
    };
    this.ended.set(operationId, told);
    return told;
  }

  private armed(operationId: OperationId): TimerAnswer | undefined {
    const order = this.orders.get(operationId);
    if (order === undefined) return undefined;
    const { namespace, workload, maximumDowntimeSeconds } = order;
    const { kind, name, uid } = workload;
    const remainingMs = maximumDowntimeSeconds * 1000;
    const dueAt = new Date(now().getTime() + remainingMs).toISOString();
    return { state: 'armed', operationId, namespace, workload: { kind, name, uid }, dueAt, remainingMs };
  }

  private answer<T>(give: () => T): Promise<T> {
    if (this.silences > 0) {
      this.silences -= 1;
      return Promise.reject(new SnapfleetError('guard_unavailable', 'workload-guard: no answer'));
    }
    return new Promise((resolve) => {
      resolve(give());
    });
  }
}
