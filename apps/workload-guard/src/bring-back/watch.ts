import type { TimerKey } from '@snapfleet/workloads';
import type { BootClock } from '../time/boot-clock.js';
import { textOf, type OpenTimer } from '../timers/timer.js';
import type { Timers } from '../timers/timers.js';
import type { BringBack, Report } from './bring-back.js';

/** Also a machine that was suspended looks again soon: its sleeps may take longer than was asked for. */
const longestSleepMs = 10_000;
const checkpointMs = 30_000;
const retryMs = 1_000;

interface Running {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** Watches over the open timers: begins to bring back each workload whose time is over, all at the same time. */
export class Watch {
  private readonly running = new Map<string, Running>();
  private readonly stopping = new AbortController();
  private wake = new AbortController();
  private loop: Promise<void> = Promise.resolve();
  private checkpointAt = 0;
  /** False while the timers cannot be read or written. */
  healthy = true;

  constructor(
    private readonly timers: Timers,
    private readonly bringBack: Pick<BringBack, 'run'>,
    private readonly clock: BootClock,
    private readonly report: Report,
  ) {}

  start(): void {
    this.loop = this.watch();
  }

  /** Looks at once: there is a timer that was not there before. */
  notify(): void {
    this.wake.abort();
  }

  /** Ends the attempt that runs for a timer, if one does, and waits for its end. */
  async end(key: TimerKey): Promise<void> {
    const running = this.running.get(textOf(key));
    running?.stop.abort();
    await running?.ended;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
    await Promise.all([...this.running.values()].map(({ ended }) => ended));
  }

  private async watch(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      this.wake = new AbortController();
      const sleepMs = this.look();
      await this.clock.sleep(sleepMs, AbortSignal.any([signal, this.wake.signal])).catch(() => undefined);
    }
  }

  /** @returns how long nothing has to be done */
  private look(): number {
    try {
      const open = this.timers.open();
      this.healthy = true;
      this.checkpoint(open);
      return Math.min(longestSleepMs, ...open.map((timer) => this.attend(timer)));
    } catch (error) {
      if (this.healthy) this.report('error', 'timers.unreadable', { error });
      this.healthy = false;
      return retryMs;
    }
  }

  private attend(timer: OpenTimer): number {
    const name = textOf(timer);
    if (this.running.has(name)) return longestSleepMs;
    const leftMs = timer.state === 'armed' ? this.timers.remainingMs(timer) : 0;
    if (leftMs > 0) return leftMs;
    if (timer.state === 'armed' && this.timers.waits(timer)) return longestSleepMs;
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.stopping.signal]);
    const ended = this.bringBack
      .run(timer, signal)
      .catch(() => undefined)
      .finally(() => {
        this.running.delete(name);
      });
    this.running.set(name, { stop, ended });
    return longestSleepMs;
  }

  private checkpoint(open: readonly OpenTimer[]): void {
    const uptimeMs = this.clock.uptimeMs();
    if (open.length === 0 || uptimeMs < this.checkpointAt) return;
    this.timers.checkpoint();
    this.checkpointAt = uptimeMs + checkpointMs;
  }
}
