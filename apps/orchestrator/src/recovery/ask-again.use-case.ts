import type { RestorePoint } from '@snapfleet/contracts';
import { makingOperationOf } from '../catalogue/making-operation.js';
import { backupProofRequest, backupRequest, snapshotProofRequest } from '../catalogue/work-request.js';
import type { EventRecorder } from '../journal/event-recorder.js';
import type { JournalTransactions } from '../journal/journal.js';
import type { OperationStore } from '../journal/operation.store.js';
import type { Outbox } from '../journal/outbox.js';
import type { RestorePointStore } from '../journal/restore-point.store.js';
import type { PendingEvent } from '../operations/operation.js';
import type { EventStreamState } from './recovery-ports.js';

interface AskAgainParts {
  readonly journal: JournalTransactions;
  readonly operations: OperationStore;
  readonly restorePoints: RestorePointStore;
  readonly outbox: Outbox;
  readonly events: EventRecorder;
  readonly stream: Pick<EventStreamState, 'isIdle'>;
  readonly now: () => Date;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
}

/** A backup or a proof that was asked for and has not ended. */
interface OpenWork {
  readonly key: string;
  readonly event: PendingEvent;
}

const told: ReadonlySet<RestorePoint['phase']> = new Set(['resumed', 'backed-up', 'verified-local', 'verified-remote']);
const mostAtOnce = 100;

/**
 * Backups and proofs whose message is gone, with the stream or by its age, would wait for ever. What is still open in the
 * catalogue although nobody has a message about it, at two looks in a row, is asked for again; both are idempotent.
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
    for (const { point, event, key } of lost) this.ask(point, event, key);
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
  const { restorePointId, policy } = point;
  const backups = point.backups
    .filter(({ state }) => state === 'pending')
    .map(({ mover }) => ({
      key: `${restorePointId} backup ${mover}`,
      event: backupRequest(point, mover, policy.verify.includes('backup')),
    }));
  const proofs = point.verifications.flatMap(({ level, mover, state }): OpenWork[] => {
    if (state !== 'pending') return [];
    const key = `${restorePointId} proof ${level} ${mover ?? ''}`;
    if (level === 'snapshot') return [{ key, event: snapshotProofRequest(point, policy.assertion) }];
    const backup = point.backups.find((record) => record.mover === mover);
    // It follows by itself once its backup has been completed.
    if (backup?.state !== 'completed' || backup.reference === undefined) return [];
    return [{ key, event: backupProofRequest(point, mover).event }];
  });
  return [...backups, ...proofs];
}
