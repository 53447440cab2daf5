import { mostHookFailures, SnapfleetError, type ObjectUid } from '@snapfleet/contracts';
import type { Cluster } from '../cluster-access.js';
import { NoteRefusedError, type TimerKey } from '@snapfleet/workloads';
import type { BootClock } from '../time/boot-clock.js';
import { aboutOf, guardedOf, type ArmedTimer, type OpenTimer, type Timer } from '../timers/timer.js';
import type { Timers } from '../timers/timers.js';
import { readySnapshotsOf } from './ready-snapshots.js';
import type { Returns } from './returns.js';

const mostBackOffMs = 30_000;
const longestText = 1024;

/** How long to wait before attempt `attempt` (from 1) is repeated: 1 s, doubled each time, 30 s at most. */
const backOffMs = (attempt: number): number => Math.min(mostBackOffMs, 1000 * 2 ** Math.min(attempt - 1, 10));

/** Tells what happens, for the log. */
export type Report = (level: 'info' | 'warn' | 'error', event: string, fields: Record<string, unknown>) => void;

/** Brings back the workload of a timer whose time is over. */
export class BringBack {
  constructor(
    private readonly timers: Timers,
    private readonly cluster: Cluster,
    private readonly returns: Returns,
    private readonly clock: BootClock,
    private readonly report: Report,
  ) {}

  /** Tries until it has succeeded, or hooks have failed too often; whatever else hinders a return is waited out. @throws the signal's reason */
  async run(timer: OpenTimer, signal: AbortSignal): Promise<void> {
    const about = aboutOf(guardedOf(timer));
    let hookFailures = 0;
    let refusedNotes = 0;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.attempt(timer, about, refusedNotes, signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        this.report('error', 'timer.failed', { ...about, attempt, error });
        if (error instanceof NoteRefusedError) refusedNotes += 1;
        if (error instanceof SnapfleetError && error.code === 'hook_failed') {
          hookFailures += 1;
          if (hookFailures === mostHookFailures) {
            this.giveUp(timer, about, error.message);
            return;
          }
        }
        await this.clock.sleep(backOffMs(attempt), signal);
      }
    }
  }

  private giveUp(key: TimerKey, about: Record<string, unknown>, why: string): void {
    const timer = this.timers.find(key);
    if (timer?.state !== 'firing') return;
    const conflict = `the hooks after the cut were given up: ${why}`.slice(0, longestText);
    this.timers.finish(timer, { resumedAt: this.clock.now().toISOString(), conflict });
    this.report('error', 'timer.given-up', { ...about, conflict });
  }

  /** The intent is on the disk before the effect. */
  private async attempt(
    key: TimerKey,
    about: Record<string, unknown>,
    refusedNotes: number,
    signal: AbortSignal,
  ): Promise<void> {
    let timer = this.timers.find(key);
    if (timer?.state === 'armed') timer = await this.fire(timer, about, signal);
    if (timer?.state !== 'firing') return;
    const outcome = await this.returns.run(guardedOf(timer), refusedNotes, signal);
    if (this.timers.find(key)?.state !== 'firing') return;
    this.timers.finish(timer, outcome);
    this.report('warn', 'timer.brought-back', { ...about, ...outcome });
  }

  /** What is ready at this moment proves which snapshots were cut while the workload was away. */
  private async fire(
    timer: ArmedTimer,
    about: Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<Timer | undefined> {
    const progress = await this.returns.progress(guardedOf(timer), signal);
    if (progress === 'done') {
      this.timers.disarm(timer, 'before');
      this.report('warn', 'timer.found-resumed', about);
      return undefined;
    }
    // Who has begun before may have let Pods write already: then nothing that is ready now is proven.
    const readySnapshots = progress === 'begun' ? [] : await this.readySnapshots(timer, about, signal);
    // It may have been disarmed while the cluster was asked, or a later operation may hold its Pods.
    if (this.timers.find(timer)?.state !== 'armed' || this.timers.waits(timer)) return undefined;
    const firing = this.timers.fire(timer, readySnapshots);
    this.report('warn', 'timer.firing', { ...about, dueAt: timer.dueAt, readySnapshots });
    return firing;
  }

  /** Where they cannot be read nothing is proven of any, and the workload does not wait for it. */
  private async readySnapshots(
    { namespace }: ArmedTimer,
    about: Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<ObjectUid[]> {
    try {
      return await readySnapshotsOf(this.cluster, namespace, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.report('warn', 'timer.snapshots-unknown', { ...about, error });
      return [];
    }
  }
}
