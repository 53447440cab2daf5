import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { SnapfleetError } from '@snapfleet/contracts';
import type { ConcealVolume } from './exposure/conceal-volume.use-case.js';
import type { HostLog, VolumeStore } from './exposure/host-ports.js';
import type { LeaseJournal } from './exposure/lease-journal.js';
import type { SweepLeftovers } from './exposure/sweep-leftovers.use-case.js';
import type { SettleRemovals } from './removal/settle-removals.js';
import type { FreezeWriters } from './writers/freeze-writers.use-case.js';

/** What has a beginning and an end with the service. */
interface HostParts {
  readonly sweep: SweepLeftovers;
  readonly conceal: ConcealVolume;
  readonly writers: FreezeWriters;
  readonly settleRemovals: SettleRemovals;
  readonly journal: LeaseJournal;
  readonly volumes: VolumeStore;
}

/** Sweeps before the first message is taken and from time to time; ends all leases with the service. */
export class HostLifetime implements OnModuleInit, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(
    private readonly parts: HostParts,
    private readonly options: { readonly sweepEveryMs: number; readonly earlierCommands: Promise<void> | undefined },
    private readonly log: HostLog,
  ) {}

  async onModuleInit(): Promise<void> {
    if (this.parts.journal.unreadableLines > 0)
      this.log.error('journal.unreadable', { lines: this.parts.journal.unreadableLines });
    await this.parts.settleRemovals.run();
    await this.parts.sweep.run();
    this.#timer = setInterval(() => {
      this.#sweepAgain();
    }, this.options.sweepEveryMs);
    // What they are about could not be undone while they ran.
    void this.options.earlierCommands?.then(() => {
      this.#sweepAgain();
    });
    await this.#warnOfMissingGroups();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.parts.writers.thawAll();
    await this.#sweeping;
    await this.parts.conceal.endAll();
    await this.parts.journal.close();
  }

  #sweepAgain(): void {
    this.#sweeping = this.#sweeping.then(async () => {
      await this.parts.sweep.run();
      await this.parts.settleRemovals.run();
    });
  }

  async #warnOfMissingGroups(): Promise<void> {
    try {
      const missing = await this.parts.volumes.missingGroups();
      if (missing.length > 0) this.log.warn('volume-groups.missing', { missing });
    } catch (error) {
      this.log.warn('volume-groups.unknown', { message: SnapfleetError.from(error).message });
    }
  }
}
