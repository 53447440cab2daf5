import { Controller, Inject } from '@nestjs/common';
import {
  BackupCompleted,
  type DataOf,
  type MessageOf,
  SnapshotReady,
  VerificationRequested,
} from '@snapfleet/contracts';
import { type Delivery, EventHandler } from '@snapfleet/messaging';
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
  async ready({ id, data }: MessageOf<DataOf<typeof SnapshotReady>>, delivery: Delivery): Promise<void> {
    if (!data.verify.includes('snapshot')) return;
    await this.verifySnapshot.run({ ready: data, assertion: data.assertion, messageId: id }, delivery);
  }

  @EventHandler(BackupCompleted)
  async backedUp({ id, data }: MessageOf<DataOf<typeof BackupCompleted>>, delivery: Delivery): Promise<void> {
    if (!data.verify) return;
    await this.verifyBackup.run({ backup: data, messageId: id }, delivery);
  }

  @EventHandler(VerificationRequested)
  async requested({ id, data }: MessageOf<DataOf<typeof VerificationRequested>>, delivery: Delivery): Promise<void> {
    if (data.level === 'backup') {
      await this.verifyBackup.run({ backup: data.backup, messageId: id }, delivery);
      return;
    }
    const assertion = data.assertion ?? data.ready.assertion;
    await this.verifySnapshot.run({ ready: data.ready, assertion, messageId: id }, delivery);
  }
}
