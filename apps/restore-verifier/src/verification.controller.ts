import { Controller, Inject } from '@nestjs/common';
import {
  BackupCompleted,
  type DataOf,
  type MessageOf,
  SnapshotReady,
  VerificationRequested,
} from '@snapfleet/contracts';
import { type Delivery, EventHandler } from '@snapfleet/messaging';
import { orderOfBackup, orderOfReady, orderOfRequest, type VerificationOrder } from './verification-orders.js';
import { VerifyBackup } from './verify-backup/verify-backup.use-case.js';
import { VerifySnapshot } from './verify-snapshot/verify-snapshot.use-case.js';

/** What the restore verifier takes from the streams. */
@Controller()
export class VerificationController {
  constructor(
    @Inject(VerifySnapshot) private readonly verifySnapshot: VerifySnapshot,
    @Inject(VerifyBackup) private readonly verifyBackup: VerifyBackup,
  ) {}

  @EventHandler(SnapshotReady)
  async ready(message: MessageOf<DataOf<typeof SnapshotReady>>, delivery: Delivery): Promise<void> {
    await this.verify(orderOfReady(message), delivery);
  }

  @EventHandler(BackupCompleted)
  async backedUp(message: MessageOf<DataOf<typeof BackupCompleted>>, delivery: Delivery): Promise<void> {
    await this.verify(orderOfBackup(message), delivery);
  }

  @EventHandler(VerificationRequested)
  async requested(message: MessageOf<DataOf<typeof VerificationRequested>>, delivery: Delivery): Promise<void> {
    await this.verify(orderOfRequest(message), delivery);
  }

  private async verify(order: VerificationOrder, delivery: Delivery): Promise<void> {
    if (order === undefined) return;
    if ('snapshot' in order) await this.verifySnapshot.run(order.snapshot, delivery);
    else await this.verifyBackup.run(order.backup, delivery);
  }
}
