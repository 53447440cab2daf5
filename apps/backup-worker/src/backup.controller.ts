import { Controller, Inject } from '@nestjs/common';
import {
  BackupRemove,
  BackupRequested,
  type DataOf,
  type MessageOf,
  type ReplyOf,
  SnapshotReady,
} from '@snapfleet/contracts';
import { AgentCommandHandler, type Delivery, EventHandler } from '@snapfleet/messaging';
import { BackUpRestorePoint } from './back-up/back-up-restore-point.use-case.js';
import { orderOfReady, orderOfRequest } from './back-up/backup-orders.js';
import { RemoveBackup } from './remove/remove-backup.use-case.js';

/** What the backup worker takes from the streams. */
@Controller()
export class BackupController {
  constructor(
    @Inject(BackUpRestorePoint) private readonly backUp: BackUpRestorePoint,
    @Inject(RemoveBackup) private readonly removeBackup: RemoveBackup,
  ) {}

  @EventHandler(SnapshotReady)
  async ready(message: MessageOf<DataOf<typeof SnapshotReady>>, delivery: Delivery): Promise<void> {
    await this.backUp.run(orderOfReady(message), delivery);
  }

  @EventHandler(BackupRequested)
  async requested(message: MessageOf<DataOf<typeof BackupRequested>>, delivery: Delivery): Promise<void> {
    await this.backUp.run(orderOfRequest(message), delivery);
  }

  @AgentCommandHandler(BackupRemove)
  async remove({ data }: MessageOf<DataOf<typeof BackupRemove>>): Promise<ReplyOf<typeof BackupRemove>> {
    return await this.removeBackup.run(data);
  }
}
