import type { ObjectUid } from '@snapfleet/contracts';
import type { Cluster } from '../cluster-access.js';
import { resumeProgress, type QuiescedWorkload, type Resumed, type TimerKey } from '@snapfleet/workloads';
import type { BootClock } from '../time/boot-clock.js';
import { aboutOf, quiescedOf, type ArmedTimer, type OpenTimer, type Timer } from '../timers/timer.js';
import type { Timers } from '../timers/timers.js';
import { readySnapshotsOf } from './ready-snapshots.js';

const mostBackOffMs = 30_000;

/** How long to wait before attempt `attempt` (from 1) is repeated: 1 s, doubled each time, 30 s at most. */
const backOffMs = (attempt: number): number => Math.min(mostBackOffMs, 1000 * 2 ** Math.min(attempt - 1, 10));

/** Puts a workload back as it was; the same code as that of `workload.resume`. */
export interface WorkloadResumer {
  run(quiesced: QuiescedWorkload, signal: AbortSignal): Promise<Resumed>;
}

/** Tells what happens, for the log. */
export type Report = (level: 'info' | 'warn' | 'error', event: string, fields: Record<string, unknown>) => void;

/** Brings back the workload of a timer whose time is over. */
export class BringBack {
  constructor(
    private readonly timers: Timers,
    private readonly cluster: Cluster,
    private readonly workloads: WorkloadResumer,
    private readonly clock: BootClock,
    private readonly report: Report,
  ) {}

  /** Tries until it has succeeded. @throws the signal's reason */
  async run(timer: OpenTimer, signal: AbortSignal): Promise<void> {
    const about = aboutOf(quiescedOf(timer));
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.attempt(timer, about, signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        this.report('error', 'timer.failed', { ...about, attempt, error });
        await this.clock.sleep(backOffMs(attempt), signal);
      }
    }
  }

  /** The intent is on the disk before the effect. */
  private async attempt(key: TimerKey, about: Record<string, unknown>, signal: AbortSignal): Promise<void> {
    let timer = this.timers.find(key);
    if (timer?.state === 'armed') timer = await this.fire(timer, about, signal);
    if (timer?.state !== 'firing') return;
    const outcome = await this.workloads.run(quiescedOf(timer), signal);
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
    const progress = await resumeProgress(this.cluster, quiescedOf(timer), signal);
    if (progress === 'done') {
      this.timers.disarm(timer);
      this.report('warn', 'timer.found-resumed', about);
      return undefined;
    }
    // Who has begun before may have let Pods write already: then nothing that is ready now is proven.
    const readySnapshots = progress === 'begun' ? [] : await this.readySnapshots(timer, about, signal);
    // It may have been disarmed while the cluster was asked.
    if (this.timers.find(timer)?.state !== 'armed') return undefined;
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
