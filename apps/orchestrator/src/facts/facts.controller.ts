import { Controller } from '@nestjs/common';
import {
  BackupCompleted,
  BackupFailed,
  type DataOf,
  type MessageOf,
  RestoreFailed,
  RestoreVerified,
} from '@snapfleet/contracts';
import { type Delivery, EventHandler } from '@snapfleet/messaging';
import { RecordFactUseCase } from './record-fact.use-case.js';
import { toldBackup, toldBackupFailure, toldProof, toldProofFailure } from './told-facts.js';

const timeOf = ({ time }: { time?: string | undefined }): string => time ?? new Date().toISOString();

/** Takes the facts that backup worker and verifier tell. */
@Controller()
export class FactsController {
  constructor(private readonly facts: RecordFactUseCase) {}

  @EventHandler(BackupCompleted)
  async backupCompleted(
    message: MessageOf<DataOf<typeof BackupCompleted>>,
    { sequence }: Pick<Delivery, 'sequence'>,
  ): Promise<void> {
    await this.facts.run(toldBackup(message.data, sequence, timeOf(message)));
  }

  @EventHandler(BackupFailed)
  async backupFailed(
    { data }: MessageOf<DataOf<typeof BackupFailed>>,
    { sequence }: Pick<Delivery, 'sequence'>,
  ): Promise<void> {
    await this.facts.run(toldBackupFailure(data, sequence));
  }

  @EventHandler(RestoreVerified)
  async verified(
    message: MessageOf<DataOf<typeof RestoreVerified>>,
    { sequence }: Pick<Delivery, 'sequence'>,
  ): Promise<void> {
    await this.facts.run(toldProof(message.data, sequence, timeOf(message)));
  }

  @EventHandler(RestoreFailed)
  async verificationFailed(
    { data }: MessageOf<DataOf<typeof RestoreFailed>>,
    { sequence }: Pick<Delivery, 'sequence'>,
  ): Promise<void> {
    await this.facts.run(toldProofFailure(data, sequence));
  }
}
