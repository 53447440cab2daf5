import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { SnapfleetError } from '@snapfleet/contracts';
import type { ConcealVolume } from './exposure/conceal-volume.use-case.js';
import type { HostLog, VolumeStore } from './exposure/host-ports.js';
import type { LeaseJournal } from './exposure/lease-journal.js';
import type { SweepLeftovers } from './exposure/sweep-leftovers.use-case.js';

const sweepEveryMs = 60_000;

/** Sweeps before the first message is taken and from time to time; ends all leases with the service. */
export class HostLifetime implements OnModuleInit, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(
    private readonly sweep: SweepLeftovers,
    private readonly conceal: ConcealVolume,
    private readonly journal: LeaseJournal,
    private readonly volumes: VolumeStore,
    private readonly log: HostLog,
  ) {}

  async onModuleInit(): Promise<void> {
    if (this.journal.unreadableLines > 0) this.log.error('journal.unreadable', { lines: this.journal.unreadableLines });
    await this.sweep.run();
    this.#timer = setInterval(() => {
      this.#sweeping = this.#sweeping.then(() => this.sweep.run());
    }, sweepEveryMs);
    await this.#warnOfMissingGroups();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
    await this.conceal.endAll();
    await this.journal.close();
  }

  async #warnOfMissingGroups(): Promise<void> {
    try {
      const missing = await this.volumes.missingGroups();
      if (missing.length > 0) this.log.warn('volume-groups.missing', { missing });
    } catch (error) {
      this.log.warn('volume-groups.unknown', { message: SnapfleetError.from(error).message });
    }
  }
}
