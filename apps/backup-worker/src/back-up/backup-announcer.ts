import {
  BackupCompleted,
  BackupFailed,
  BackupProgress,
  BackupStarted,
  type EventDefinition,
  eventIdFor,
  type ManifestSummary,
  type ReadySnapshot,
  type SnapfleetError,
} from '@snapfleet/contracts';
import type { EventSink, StoredBackup } from '@snapfleet/movers';

/** What is being done with one mover, and how far it has come. */
export interface Progress {
  readonly mover: string;
  readonly step: 'reading' | 'moving';
  readonly bytesDone: number;
  readonly filesDone: number;
  readonly total?: ManifestSummary;
}

/**
 * Tells of the backups of one order. The ids of its events are made of the message that ordered them, so that a
 * redelivered order tells the same facts again, and a new order for the same restore point tells new ones.
 */
export class BackupAnnouncer {
  constructor(
    private readonly events: EventSink,
    private readonly ready: ReadySnapshot,
    private readonly messageId: string,
  ) {}

  async started(mover: string): Promise<void> {
    await this.events.publish(BackupStarted, { ...this.about(), mover }, this.context(BackupStarted, mover));
  }

  async progress({ mover, step, bytesDone, filesDone, total }: Progress): Promise<void> {
    const totals = total === undefined ? {} : { bytesTotal: total.bytes, filesTotal: total.files };
    const data = { ...this.about(), mover, step, bytesDone, filesDone, ...totals };
    await this.events.publish(BackupProgress, data, { subject: this.subject() });
  }

  async completed(mover: string, stored: StoredBackup): Promise<void> {
    const { reference, manifest, addedBytes, durationMs, cleanLog } = stored;
    const verify = this.ready.verify.includes('backup');
    const { allowEmpty } = this.ready;
    const facts = { backup: reference, manifest, addedBytes, durationMs, cleanLog, verify, allowEmpty };
    await this.events.publish(BackupCompleted, { ...this.about(), ...facts }, this.context(BackupCompleted, mover));
  }

  async failed(mover: string, error: SnapfleetError): Promise<void> {
    const data = { ...this.about(), mover, error: error.toDetail() };
    await this.events.publish(BackupFailed, data, this.context(BackupFailed, mover));
  }

  private about() {
    const { restorePointId, namespace, persistentVolumeClaim } = this.ready;
    return { restorePointId, namespace, persistentVolumeClaim };
  }

  private context({ name }: EventDefinition, mover: string): { id: string; subject: string } {
    return { id: eventIdFor(this.ready.restorePointId, name, mover, this.messageId), subject: this.subject() };
  }

  private subject(): string {
    return `${this.ready.namespace}/${this.ready.persistentVolumeClaim}`;
  }
}
