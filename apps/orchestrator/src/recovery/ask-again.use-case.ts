import { type BackupRecord, type RestorePoint, SnapfleetError, type VerificationRecord } from '@snapfleet/contracts';
import { isCompleted } from '../catalogue/backup-of-point.js';
import { makingOperationOf } from '../catalogue/making-operation.js';
import { afterBackupFailed, afterVerificationFailed } from '../catalogue/restore-point-progress.js';
import { backupProofRequest, backupRequest, snapshotProofRequest } from '../catalogue/work-request.js';
import type { RecordFactUseCase } from '../facts/record-fact.use-case.js';
import type { EventRecorder } from '../journal/event-recorder.js';
import type { JournalTransactions } from '../journal/journal.js';
import type { OperationStore } from '../journal/operation.store.js';
import type { Outbox } from '../journal/outbox.js';
import type { RestorePointStore } from '../journal/restore-point.store.js';
import type { PendingEvent } from '../operations/operation.js';
import { aboutRestorePoint } from '../workflow/restore-point-view.js';
import type { EventStreamState } from './recovery-ports.js';

interface AskAgainParts {
  readonly journal: JournalTransactions;
  readonly operations: OperationStore;
  readonly restorePoints: RestorePointStore;
  readonly outbox: Outbox;
  readonly events: EventRecorder;
  readonly facts: Pick<RecordFactUseCase, 'settle'>;
  readonly stream: Pick<EventStreamState, 'isIdle'>;
  readonly now: () => Date;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
}

/** A backup or a proof that was asked for and has not ended. */
interface OpenWork {
  readonly key: string;
  /** @throws SnapfleetError where what it is about is not there any more */
  readonly request: () => PendingEvent;
  /** The restore point after that. */
  readonly givenUp: (point: RestorePoint, error: SnapfleetError) => RestorePoint;
}

const told: ReadonlySet<RestorePoint['phase']> = new Set(['resumed', 'backed-up', 'verified-local', 'verified-remote']);
const mostAtOnce = 100;

/**
 * Backups and proofs whose message is gone, with the stream or by its age, would wait for ever. What is still open in the
 * catalogue although nobody has a message about it, at two looks in a row, is asked for again; both are idempotent. What
 * cannot be asked for, because its snapshot or backup is gone, has failed.
 */
export class AskAgain {
  private seen: ReadonlySet<string> = new Set();

  constructor(private readonly parts: AskAgainParts) {}

  async run(): Promise<void> {
    const open = this.parts.restorePoints.withOpenWork(mostAtOnce).filter(({ phase }) => told.has(phase));
    if (open.length === 0 || !(await this.nobodyIsAtWork())) {
      this.seen = new Set();
      return;
    }
    const work = open.flatMap((point) => openWorkOf(point).map((one) => ({ point, ...one })));
    const lost = work.filter(({ key }) => this.seen.has(key));
    this.seen = new Set(work.map(({ key }) => key));
    for (const { point, ...one } of lost) this.askOrGiveUp(point, one);
    if (lost.length > 0) this.parts.events.flush();
  }

  private async nobodyIsAtWork(): Promise<boolean> {
    const { outbox, stream } = this.parts;
    if (outbox.waiting(1).length > 0) return false;
    // The workers first: what one of them has just told is then found with the orchestrator.
    for (const service of ['backup-worker', 'restore-verifier', 'orchestrator'] as const)
      if (!(await stream.isIdle(service))) return false;
    return true;
  }

  private askOrGiveUp(point: RestorePoint, { key, request, givenUp }: OpenWork): void {
    const { facts, report } = this.parts;
    try {
      this.ask(point, request(), key);
    } catch (error) {
      if (!(error instanceof SnapfleetError)) throw error;
      facts.settle(point.restorePointId, (now) => givenUp(now, error));
      report('work.given-up', { restorePointId: point.restorePointId, work: key, error });
    }
  }

  private ask(point: RestorePoint, event: PendingEvent, key: string): void {
    const { journal, operations, events, now, report } = this.parts;
    const making = operations.find(makingOperationOf(point));
    if (making === undefined) return;
    const at = now();
    journal.transaction(() => {
      events.record({ ...event, distinction: ['again', key, at.toISOString()] }, making, point, at);
    });
    this.seen = new Set([...this.seen].filter((seen) => seen !== key));
    report('work.asked-for-again', { restorePointId: point.restorePointId, work: key });
  }
}

function openWorkOf(point: RestorePoint): OpenWork[] {
  const backups = point.backups.filter(({ state }) => state === 'pending').map((backup) => openBackup(point, backup));
  const proofs = point.verifications
    .filter(({ state }) => state === 'pending')
    // That of a backup follows by itself once the backup has been completed.
    .filter(
      ({ level, mover }) =>
        level === 'snapshot' || point.backups.some((backup) => backup.mover === mover && isCompleted(backup)),
    );
  return [...backups, ...proofs.map((proof) => openProof(point, proof))];
}

function openBackup(point: RestorePoint, { mover }: BackupRecord): OpenWork {
  return {
    key: `${point.restorePointId} backup ${mover}`,
    request: () => backupRequest(point, mover, point.policy.verify.includes('backup')),
    givenUp: (now, error) => afterBackupFailed(now, { ...aboutRestorePoint(now), mover, error: error.toDetail() }),
  };
}

function openProof(point: RestorePoint, { level, mover }: VerificationRecord): OpenWork {
  const ofMover = mover === undefined ? {} : { mover };
  return {
    key: `${point.restorePointId} proof ${level} ${mover ?? ''}`,
    request: () =>
      level === 'snapshot'
        ? snapshotProofRequest(point, point.policy.assertion)
        : backupProofRequest(point, mover).event,
    givenUp: (now, error) => {
      const unseen = { differences: [], differenceCount: 0 };
      const fact = { ...aboutRestorePoint(now), level, ...ofMover, ...unseen, error: error.toDetail() };
      return afterVerificationFailed(now, fact);
    },
  };
}
