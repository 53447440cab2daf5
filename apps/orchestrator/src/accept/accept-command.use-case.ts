import {
  CommandCompleted,
  type CommandDefinition,
  type DataOf,
  eventIdFor,
  type GroupCreate,
  type MessageOf,
  type MoverName,
  type OperationId,
  operationIdFor,
  type DeviceId,
  type RestorePoint,
  type RestorePointId,
  SnapfleetError,
  type SnapshotBackup,
  type SnapshotCreate,
  type SnapshotDelete,
  type SnapshotRestore,
  type SnapshotVerify,
} from '@snapfleet/contracts';
import { wouldRemoveLastGoodCopy } from '../catalogue/last-good-copy.js';
import { withPendingBackup, withPendingVerification } from '../catalogue/restore-point-progress.js';
import { describeVolume } from '../catalogue/volume-of-point.js';
import { backupProofRequest, backupRequest, snapshotProofRequest } from '../catalogue/work-request.js';
import type { EventRecorder } from '../journal/event-recorder.js';
import type { JournalTransactions } from '../journal/journal.js';
import type { OperationStore } from '../journal/operation.store.js';
import type { RestorePointStore } from '../journal/restore-point.store.js';
import type { Operation, PendingEvent } from '../operations/operation.js';
import type { OperationRunner } from '../operations/operation-runner.js';
import { volumeResource } from '../operations/resources.js';
import { readySnapshot } from '../workflow/restore-point-view.js';
import { type Beginning, beginGroup, beginSnapshot } from './beginning.js';
import { digestOfRequest, refuseOtherRequest } from './request-digest.js';

interface AcceptParts {
  readonly device: DeviceId;
  readonly journal: JournalTransactions;
  readonly operations: OperationStore;
  readonly restorePoints: RestorePointStore;
  readonly events: EventRecorder;
  readonly runner: OperationRunner;
  readonly now: () => Date;
}

/** A command as it is handed to a use case. */
export type Accepted<Definition extends CommandDefinition> = MessageOf<DataOf<Definition>>;

/**
 * Takes commands: each becomes an operation in the journal before it is acknowledged, so an accepted command is never
 * lost, and the same key never starts a second operation. A refusal is thrown and changes nothing.
 */
export class AcceptCommandUseCase {
  constructor(private readonly parts: AcceptParts) {}

  create(message: Accepted<typeof SnapshotCreate>): void {
    this.accept(message, 'snapshot.create', (id) => beginSnapshot(message.data, id, this.parts.now()));
  }

  createGroup(message: Accepted<typeof GroupCreate>): void {
    this.accept(message, 'group.create', (id) => beginGroup(message.data, id, this.parts.now()));
  }

  restore(message: Accepted<typeof SnapshotRestore>): void {
    const { restorePointId, targetClaim, sizeBytes } = message.data;
    this.accept(message, 'snapshot.restore', () => {
      const point = this.existing(restorePointId);
      const { snapshot } = readySnapshot(point);
      if (sizeBytes !== undefined && sizeBytes < snapshot.restoreSizeBytes) {
        const rule = `must be at least the restore size of ${String(snapshot.restoreSizeBytes)} bytes`;
        throw new SnapfleetError('restore_size_too_small', `data.sizeBytes ${rule}`, { field: 'data.sizeBytes', rule });
      }
      const state = { phase: 'restoring', targetClaim, ...(sizeBytes === undefined ? {} : { sizeBytes }) };
      return { kind: 'restore', state, points: [point], events: [] };
    });
  }

  delete(message: Accepted<typeof SnapshotDelete>): void {
    const { restorePointId, deleteBackups, purge, releaseFinalizers, allowLastGoodCopy } = message.data;
    this.accept(message, 'snapshot.delete', () => {
      const existing = this.deletable(restorePointId, purge);
      const ofName = this.parts.restorePoints.ofName(existing);
      if (!allowLastGoodCopy && wouldRemoveLastGoodCopy(existing, ofName, deleteBackups)) {
        const what = `restore point ${restorePointId} is the last verified copy of ${describeVolume(existing)}`;
        throw new SnapfleetError('last_good_copy', what);
      }
      // From here on it counts as gone, so that no second deletion relies on it.
      const point: RestorePoint = { ...existing, phase: 'deleting' };
      const options = { deleteBackups, purge, cause: 'command', formerPhase: existing.phase };
      const confirmed = releaseFinalizers && this.parts.operations.hasHung(restorePointId);
      const state = { phase: 'choosing', ...options, releaseFinalizers: confirmed };
      return { kind: 'delete', state, points: [point], events: [] };
    });
  }

  backup(message: Accepted<typeof SnapshotBackup>): void {
    const { restorePointId, mover, verify } = message.data;
    this.accept(message, 'snapshot.backup', () => {
      const existing = this.existing(restorePointId);
      const events = [backupRequest(existing, mover, verify)];
      return { kind: 'backup', state: {}, points: [withPendingBackup(existing, mover)], events, finished: true };
    });
  }

  verify(message: Accepted<typeof SnapshotVerify>): void {
    const { restorePointId, level, mover, assertion } = message.data;
    this.accept(message, 'snapshot.verify', () => {
      const existing = this.existing(restorePointId);
      const begin = (key: { level: typeof level; mover?: MoverName }, event: PendingEvent): Beginning => ({
        kind: 'verify',
        state: {},
        points: [withPendingVerification(existing, key)],
        events: [event],
        finished: true,
      });
      if (level === 'snapshot') return begin({ level }, snapshotProofRequest(existing, assertion));
      const request = backupProofRequest(existing, mover);
      return begin({ level, mover: request.mover }, request.event);
    });
  }

  /** Journals the operation, its first events and the restore point in one transaction, then starts it. */
  accept(message: Accepted<CommandDefinition>, name: string, begin: (operationId: OperationId) => Beginning): void {
    const { journal, operations, restorePoints, events, runner, device, now } = this.parts;
    const data = message.data as { readonly idempotencyKey?: string };
    const operationId = operationIdFor(device, name, data.idempotencyKey ?? message.id);
    const requestDigest = digestOfRequest(message.data);
    const known = operations.find(operationId);
    if (known !== undefined) {
      refuseOtherRequest(known, requestDigest);
      if (known.commandId !== message.id) this.answerRepeated(message, name, known);
      return;
    }
    const { kind, state, points, resources = [], events: first, finished = false } = begin(operationId);
    const [{ restorePointId }, ...others] = points;
    const operation: Operation = {
      operationId,
      kind,
      resources: [...points.map(volumeResource), ...resources],
      restorePointIds: [restorePointId, ...others.map((other) => other.restorePointId)],
      commandId: message.id,
      traceparent: message.traceparent,
      requestDigest,
      state,
      finished,
      cancelRequested: false,
    };
    journal.transaction(() => {
      operations.add(operation, now());
      for (const point of points) restorePoints.save(point);
      for (const event of first) events.record(event, operation, event.restorePoint ?? points[0], now());
    });
    events.flush();
    if (!finished) runner.enqueue(operation);
  }

  /** The second command of a key is answered, and does nothing. */
  private answerRepeated(message: Accepted<CommandDefinition>, name: string, known: Operation): void {
    const { journal, restorePoints, events, now } = this.parts;
    const point = restorePoints.find(known.restorePointIds[0]);
    if (point === undefined) return;
    const note = `the key was used before by command ${known.commandId}; the restore point is ${point.phase}`;
    const data = { command: name, commandId: message.id, operationId: known.operationId, note };
    const repeated = { ...known, commandId: message.id, traceparent: message.traceparent };
    journal.transaction(() => {
      events.record(
        { definition: CommandCompleted, data, distinction: [eventIdFor(message.id, name)] },
        repeated,
        point,
        now(),
      );
    });
    events.flush();
  }

  /** @throws SnapfleetError `snapshot_not_found` */
  private existing(restorePointId: RestorePointId): RestorePoint {
    const point = this.known(restorePointId);
    if (isLeaving(point)) throw notFound(restorePointId, `is ${point.phase}`);
    return point;
  }

  /** What failed may have left something, and what Retain has kept can be purged. */
  private deletable(restorePointId: RestorePointId, purge: boolean): RestorePoint {
    const point = this.known(restorePointId);
    if (point.phase === 'deleted' && !(purge && point.snapshot !== undefined)) {
      throw notFound(restorePointId, 'is deleted');
    }
    return point;
  }

  private known(restorePointId: RestorePointId): RestorePoint {
    const point = this.parts.restorePoints.find(restorePointId);
    if (point === undefined) throw notFound(restorePointId, 'is not known on this device');
    return point;
  }
}

const isLeaving = ({ phase }: RestorePoint): boolean =>
  phase === 'deleted' || phase === 'deleting' || phase === 'failed';

const notFound = (restorePointId: RestorePointId, state: string): SnapfleetError =>
  new SnapfleetError('snapshot_not_found', `restore point ${restorePointId} ${state}`);
