import { Controller } from '@nestjs/common';
import {
  BackupCompleted,
  BackupFailed,
  type DataOf,
  type MessageOf,
  RestoreFailed,
  RestoreVerified,
} from '@snapfleet/contracts';
import { EventHandler } from '@snapfleet/messaging';
import {
  afterBackupCompleted,
  afterBackupFailed,
  afterVerificationFailed,
  afterVerified,
} from '../catalogue/restore-point-progress.js';
import { RecordFactUseCase } from './record-fact.use-case.js';

const timeOf = ({ time }: { time?: string | undefined }): string => time ?? new Date().toISOString();

/** Takes the facts that backup worker and verifier tell. */
@Controller()
export class FactsController {
  constructor(private readonly facts: RecordFactUseCase) {}

  @EventHandler(BackupCompleted)
  async backupCompleted(message: MessageOf<DataOf<typeof BackupCompleted>>): Promise<void> {
    this.facts.run(message.data.restorePointId, (point) => afterBackupCompleted(point, message.data, timeOf(message)));
    return Promise.resolve();
  }

  @EventHandler(BackupFailed)
  async backupFailed({ data }: MessageOf<DataOf<typeof BackupFailed>>): Promise<void> {
    this.facts.run(data.restorePointId, (point) => afterBackupFailed(point, data));
    return Promise.resolve();
  }

  @EventHandler(RestoreVerified)
  async verified(message: MessageOf<DataOf<typeof RestoreVerified>>): Promise<void> {
    this.facts.run(message.data.restorePointId, (point) => afterVerified(point, message.data, timeOf(message)));
    return Promise.resolve();
  }

  @EventHandler(RestoreFailed)
  async verificationFailed({ data }: MessageOf<DataOf<typeof RestoreFailed>>): Promise<void> {
    this.facts.run(data.restorePointId, (point) => afterVerificationFailed(point, data));
    return Promise.resolve();
  }
}
