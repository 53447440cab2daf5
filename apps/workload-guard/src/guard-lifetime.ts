import {
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { ServiceLog } from '@snapfleet/service-kit';
import type { Watch } from './bring-back/watch.js';
import type { Rounds } from './rounds/rounds.js';
import type { TimerSocket } from './socket/timer-socket.js';
import type { TimerStore } from './timers/timer-store.js';

/** Starts the watch over what is on the disk before anything new is taken on, and ends it before the file is closed. */
export class GuardLifetime implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    private readonly store: TimerStore,
    private readonly watch: Watch,
    private readonly rounds: Rounds,
    private readonly socket: TimerSocket,
    private readonly log: ServiceLog,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { brokenFile } = this.store;
    if (brokenFile !== undefined) this.log.error('timers.broken', { brokenFile });
    this.watch.start();
    this.rounds.start();
    await this.socket.open();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.socket.close();
    await this.rounds.stop();
    await this.watch.stop();
  }

  onApplicationShutdown(): void {
    this.store.close();
  }
}
