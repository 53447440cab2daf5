import { SnapfleetError } from '@snapfleet/contracts';
import type { QuiescedWorkload, Resumed, TimerKey, TimerOrder } from '@snapfleet/workloads';
import { anchoredNow, elapsedMs, momentOf, remainingMs, type Moment } from '../time/anchor.js';
import type { BootClock } from '../time/boot-clock.js';
import {
  sharePods,
  textOf,
  type ArmedTimer,
  type BroughtBackTimer,
  type DisarmedTimer,
  type FiringTimer,
  type OpenTimer,
  type Timer,
} from './timer.js';
import type { TimerStore } from './timer-store.js';

/**
 * The dead-man timers and what may become of them: armed → firing → brought-back, or armed → disarmed. Each change is on
 * the disk when the method returns.
 */
export class Timers {
  constructor(
    private readonly store: Pick<TimerStore, 'find' | 'open' | 'save'>,
    private readonly clock: BootClock,
    /** No workload of this device is away for longer, whatever its command allows. */
    private readonly longestDowntimeMs: number,
  ) {}

  find(key: TimerKey): Timer | undefined {
    return this.store.find(key);
  }

  /** Armed and firing ones, the oldest first. */
  open(): OpenTimer[] {
    return this.store.open();
  }

  /** What is left until it fires, in milliseconds. */
  remainingMs(timer: ArmedTimer): number {
    return remainingMs(anchoredNow(timer.anchor, timer.dueAt, this.clock), this.clock);
  }

  /**
   * Arms a timer; one that is armed already keeps its time.
   * @throws SnapfleetError operation_superseded when its workload was put back, or is being brought back; guard_unavailable
   *   while Pods of it are let go on for another operation
   */
  arm(key: TimerKey, order: TimerOrder): ArmedTimer {
    const known = this.store.find(key);
    if (known?.state === 'armed') return known;
    if (known !== undefined) throw new SnapfleetError('operation_superseded', whyNot(known));
    const firing = this.open().find(({ state, saved }) => state === 'firing' && sharePods(saved, order.workload));
    if (firing !== undefined) {
      const what = `the hooks of operation ${firing.operationId} are being undone in these Pods`;
      throw new SnapfleetError('guard_unavailable', what);
    }
    const downtimeMs = Math.min(order.maximumDowntimeSeconds * 1000, this.longestDowntimeMs);
    return this.begin(key, order, downtimeMs, momentOf(this.clock));
  }

  /**
   * Whether a timer whose time is over has to wait: a later operation holds its Pods by hooks, and what lets the one go on
   * would end what the other holds in the middle of its cut. The later one has a timer too, so that this ends.
   */
  waits(timer: ArmedTimer): boolean {
    const open = this.open();
    const later = open.slice(open.findIndex((other) => textOf(other) === textOf(timer)) + 1);
    return later.some(({ state, saved }) => state === 'armed' && sharePods(saved, timer.saved));
  }

  /**
   * Takes on a workload that is away without a timer, whatever was known of it.
   * @param leftMs how long it may still be away
   */
  adopt({ operationId, fencingToken, namespace, workload }: QuiescedWorkload, leftMs: number): OpenTimer {
    const key = { operationId, workloadUid: workload.uid };
    const known = this.store.find(key);
    const what = { fencingToken, namespace, workload };
    const timer = this.begin(key, what, Math.min(leftMs, this.longestDowntimeMs));
    // It has been back before: what was cut since then must not count as cut while it was away.
    return known?.state === 'brought-back' ? this.fire(timer, known.readySnapshots) : timer;
  }

  /**
   * The point of no return of a timer whose time is over.
   * @param readySnapshots uids of the VolumeSnapshots that were seen ready before
   */
  fire(timer: ArmedTimer, readySnapshots: FiringTimer['readySnapshots']): FiringTimer {
    const { operationId, workloadUid, fencingToken, namespace, saved, since } = timer;
    const begunAt = this.clock.now().toISOString();
    const about = { operationId, workloadUid, fencingToken, namespace, saved };
    const firing = { state: 'firing', ...about, begunAt, readySnapshots, since } as const;
    this.store.save(firing);
    return firing;
  }

  /** The workload is back. */
  finish(timer: FiringTimer, outcome: Resumed): BroughtBackTimer {
    const { operationId, workloadUid, namespace, saved, readySnapshots } = timer;
    const { resumedAt: at, ...told } = outcome;
    const workload = { kind: saved.kind, name: saved.name };
    const about = { operationId, workloadUid, namespace, workload, readySnapshots };
    const broughtBack = { state: 'brought-back', ...about, at, ...told, ...this.downtimeOf(timer) } as const;
    this.store.save(broughtBack);
    return broughtBack;
  }

  /**
   * Its workload was put back by its operation. One that fires, or has fired, is not ended by this.
   * @param when whether that was just now, or at some time before
   * @returns what it is now
   */
  disarm(
    { operationId, workloadUid }: TimerKey,
    when: 'now' | 'before' = 'now',
  ): FiringTimer | BroughtBackTimer | DisarmedTimer {
    const known = this.store.find({ operationId, workloadUid });
    if (known !== undefined && known.state !== 'armed') return known;
    const downtime = known === undefined || when === 'before' ? {} : this.downtimeOf(known);
    const about = { operationId, workloadUid, wasArmed: known !== undefined };
    const disarmed = { state: 'disarmed', ...about, ...downtime } as const;
    this.store.save(disarmed);
    return disarmed;
  }

  /** Writes down how much is left of each, so that a boot with a wrong clock does not give a timer all its time again. */
  checkpoint(): void {
    for (const timer of this.store.open()) {
      if (timer.state !== 'armed') continue;
      this.store.save({ ...timer, anchor: anchoredNow(timer.anchor, timer.dueAt, this.clock) });
    }
  }

  /** How long its workload was away or held, if it is back now. */
  private downtimeOf({ since }: OpenTimer): { readonly downtimeMs?: number } {
    const downtimeMs = since && elapsedMs(since, this.clock);
    return downtimeMs === undefined ? {} : { downtimeMs };
  }

  private begin(
    key: TimerKey,
    what: Pick<TimerOrder, 'fencingToken' | 'namespace' | 'workload'>,
    leftMs: number,
    since?: Moment,
  ): ArmedTimer {
    const timer: ArmedTimer = {
      state: 'armed',
      operationId: key.operationId,
      workloadUid: key.workloadUid,
      fencingToken: what.fencingToken,
      namespace: what.namespace,
      saved: what.workload,
      anchor: { ...momentOf(this.clock), remainingMs: leftMs },
      dueAt: new Date(this.clock.now().getTime() + leftMs).toISOString(),
      since,
    };
    this.store.save(timer);
    return timer;
  }
}

function whyNot({ state, operationId }: Timer): string {
  if (state === 'disarmed') return `operation ${operationId} has put its workload back already`;
  return `the maximum downtime of operation ${operationId} was over, and its workload was brought back`;
}
