import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { SnapfleetError } from '@snapfleet/contracts';
import type { ConcealVolume } from './exposure/conceal-volume.use-case.js';
import type { HostLog, VolumeStore } from './exposure/host-ports.js';
import type { LeaseJournal } from './exposure/lease-journal.js';
import type { SweepLeftovers } from './exposure/sweep-leftovers.use-case.js';
import type { FreezeWriters } from './writers/freeze-writers.use-case.js';

const sweepEveryMs = 60_000;

/** What begins and ends with the service. */
interface HostParts {
  readonly sweep: SweepLeftovers;
  readonly conceal: ConcealVolume;
  readonly writers: FreezeWriters;
  readonly journal: LeaseJournal;
  readonly volumes: VolumeStore;
  readonly log: HostLog;
}

/** Sweeps before the first message is taken and from time to time; ends all leases with the service. */
export class HostLifetime implements OnModuleInit, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(private readonly parts: HostParts) {}

  async onModuleInit(): Promise<void> {
    if (this.parts.journal.unreadableLines > 0)
      this.parts.log.error('journal.unreadable', { lines: this.parts.journal.unreadableLines });
    await this.parts.writers.sweep();
    await this.parts.sweep.run();
    this.#timer = setInterval(() => {
      this.#sweeping = this.#sweeping.then(() => this.parts.sweep.run());
    }, sweepEveryMs);
    await this.#warnOfMissingGroups();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.parts.writers.thawAll();
    await this.#sweeping;
    await this.parts.conceal.endAll();
    await this.parts.journal.close();
  }

  async #warnOfMissingGroups(): Promise<void> {
    try {
      const missing = await this.parts.volumes.missingGroups();
      if (missing.length > 0) this.parts.log.warn('volume-groups.missing', { missing });
    } catch (error) {
      this.parts.log.warn('volume-groups.unknown', { message: SnapfleetError.from(error).message });
    }
  }
}
