import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { JournalOwnership } from './journal.js';

const everyMs = 1_000;

/**
 * Looks whether this process still owns the journal. One that was paused while another took its place, and has nothing to
 * write, would otherwise live on and take its successor's messages out of the streams.
 */
export class OwnershipWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly journal: JournalOwnership,
    private readonly report: (event: string, fields: Record<string, unknown>) => void,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.look();
    }, everyMs);
    this.timer.unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    try {
      this.journal.expectOwned();
    } catch (error) {
      this.report('journal.not-owned', { error });
    }
  }
}
