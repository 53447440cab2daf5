import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Journal } from './journal/journal.js';
import { OutboxRelay } from './journal/outbox-relay.js';
import { OperationRunner } from './operations/operation-runner.js';
import { OrphanReconciler } from './orphans/orphan-reconciler.js';
import { Recovery } from './recovery/recovery.js';

/** Starts the work that the journal holds with the application, and ends it before the journal is closed. */
@Injectable()
export class WorkLifetime implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    private readonly runner: OperationRunner,
    private readonly relay: OutboxRelay,
    private readonly recovery: Recovery,
    private readonly reconciler: OrphanReconciler,
    private readonly journal: Journal,
  ) {}

  onApplicationBootstrap(): void {
    this.relay.start();
    this.runner.start();
    this.recovery.start();
    this.reconciler.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.reconciler.stop();
    await this.recovery.stop();
    await this.runner.stop();
    await this.relay.stop();
  }

  onApplicationShutdown(): void {
    this.journal.close();
  }
}
