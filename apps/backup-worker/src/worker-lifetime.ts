import type { BeforeApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { SnapfleetError } from '@snapfleet/contracts';
import type { Mover, Movers, Scratch } from '@snapfleet/movers';
import type { ServiceLog } from '@snapfleet/service-kit';

const hourMs = 3_600_000;
const longestTimerMs = 2 ** 31 - 1;

/** Clears what an earlier run left before messages are taken, and frees space now and then. */
export class WorkerLifetime implements OnModuleInit, BeforeApplicationShutdown {
  private readonly stop = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly movers: Movers,
    private readonly scratch: Scratch,
    private readonly maintenanceHours: number,
    private readonly log: ServiceLog,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.scratch.sweep();
    this.log.info('movers.ready', { movers: [...this.movers.keys()] });
    await this.withEach('mover.sweep-failed', (mover) => mover.sweep());
    const everyMs = Math.min(this.maintenanceHours * hourMs, longestTimerMs);
    this.timer = setInterval(() => {
      void this.withEach('mover.maintenance-failed', (mover) => mover.maintain(this.stop.signal));
    }, everyMs);
    this.timer.unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
    this.stop.abort(new SnapfleetError('interrupted', 'The service stops'));
  }

  // A destination that is away must not keep the others from their work.
  private async withEach(event: string, work: (mover: Mover) => Promise<void>): Promise<void> {
    for (const mover of this.movers.values()) {
      await work(mover).catch((error: unknown) => {
        this.log.warn(event, { mover: mover.name, error: SnapfleetError.from(error).toDetail() });
      });
    }
  }
}
