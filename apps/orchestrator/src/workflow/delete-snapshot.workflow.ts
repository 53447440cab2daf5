import {
  type BackupRecord,
  BackupRemove,
  type DataOf,
  type ReplyOf,
  type RestorePoint,
  type RestorePointPhase,
  SnapshotDeleted,
  SnapshotDeleteFailed,
  SnapshotRemove,
} from '@snapfleet/contracts';
import { settledPhase } from '../catalogue/restore-point-progress.js';
import type {
  BegunOperation,
  RestorePoints,
  Step,
  StepOutcome,
  Transition,
  Workflow,
  WorkflowContext,
} from '../operations/operation.js';
import { type DeleteState, deleteTransitions } from './delete-state.js';
import { aboutRestorePoint } from './restore-point-view.js';

const removeDeadlineSeconds = 300;
const backupDeadlineMs = 600_000;

/** `snapshot.delete`: each backup that is to go, then the VolumeSnapshot. */
export class DeleteSnapshotWorkflow implements Workflow<DeleteState> {
  readonly kind = 'delete';

  cancellable(state: DeleteState): boolean {
    return deleteTransitions[state.phase].cancellable;
  }

  step(state: DeleteState, { fencingToken }: BegunOperation, [point]: RestorePoints): Step {
    switch (state.phase) {
      case 'ended':
        return { kind: 'end' };
      case 'choosing':
        return { kind: 'wait', delayMs: 0 };
      case 'removing-backup': {
        const backup = point.backups.find((record) => record.mover === state.mover && isThere(record));
        if (backup?.reference === undefined) return { kind: 'wait', delayMs: 0 };
        const data = { ...aboutRestorePoint(point), backup: backup.reference };
        return { kind: 'call', definition: BackupRemove, data, deadlineMs: backupDeadlineMs };
      }
      case 'removing-snapshot': {
        const snapshot = point.snapshot === undefined ? {} : { snapshot: point.snapshot };
        const about = {
          ...aboutRestorePoint(point),
          fencingToken,
          ...snapshot,
          purge: state.purge,
          releaseFinalizers: state.releaseFinalizers,
        };
        const data = { ...about, deadlineSeconds: removeDeadlineSeconds };
        return { kind: 'call', definition: SnapshotRemove, data, deadlineMs: (removeDeadlineSeconds + 60) * 1000 };
      }
    }
  }

  next(state: DeleteState, outcome: StepOutcome, context: WorkflowContext): Transition<DeleteState> {
    const [restorePoint] = context.restorePoints;
    if (state.phase === 'ended') return { state, events: [], restorePoints: [] };
    if (outcome.kind !== 'done') return failed(outcome, state.formerPhase, context);
    const { deleteBackups, purge, releaseFinalizers, cause, formerPhase } = state;
    const options = { deleteBackups, purge, releaseFinalizers, cause, formerPhase };
    switch (state.phase) {
      case 'choosing': {
        const backup = deleteBackups ? restorePoint.backups.find(isThere) : undefined;
        const next =
          backup === undefined
            ? { phase: 'removing-snapshot' as const }
            : { phase: 'removing-backup' as const, mover: backup.mover };
        return { state: { ...next, ...options }, events: [], restorePoints: [] };
      }
      case 'removing-backup': {
        const backups = restorePoint.backups.map((record) => (record.mover === state.mover ? gone(record) : record));
        const after = { ...restorePoint, backups };
        return {
          state: { phase: 'choosing', ...options },
          events: [],
          restorePoints: [after],
        };
      }
      case 'removing-snapshot':
        return deleted(cause, outcome.result as ReplyOf<typeof SnapshotRemove>, restorePoint);
    }
  }
}

/** A backup may be at its destination although a newer attempt at it is pending or has failed. */
const isThere = ({ state, reference }: BackupRecord): boolean => state !== 'deleted' && reference !== undefined;

const gone = ({ mover }: BackupRecord): BackupRecord => ({ mover, state: 'deleted' });

function deleted(
  cause: DataOf<typeof SnapshotDeleted>['cause'],
  reply: ReplyOf<typeof SnapshotRemove>,
  point: RestorePoint,
): Transition<DeleteState> {
  const { snapshot, ...rest } = point;
  // What Retain has kept can still be purged, so the record keeps where it is.
  const kept = reply.retainedContentName !== undefined && snapshot !== undefined ? { snapshot } : {};
  const remaining = { ...rest, verifications: rest.verifications.filter(({ level }) => level !== 'snapshot') };
  const restorePoint: RestorePoint = point.backups.some(isThere)
    ? { ...remaining, phase: settledPhase(remaining) }
    : { ...rest, ...kept, phase: 'deleted' };
  const backupsDeleted = point.backups.filter(({ state }) => state === 'deleted').map(({ mover }) => mover);
  const data = { ...aboutRestorePoint(point), freed: reply.freed, backupsDeleted, cause };
  return { state: { phase: 'ended' }, events: [{ definition: SnapshotDeleted, data }], restorePoints: [restorePoint] };
}

/** Once a deletion was begun, the snapshot may vanish at any time: the restore point then stays `deleting`. */
function failed(
  outcome: Exclude<StepOutcome, { kind: 'done' }>,
  formerPhase: RestorePointPhase,
  { restorePoints: [restorePoint] }: WorkflowContext,
): Transition<DeleteState> {
  if (outcome.kind === 'cancelled') return { state: { phase: 'ended' }, events: [], restorePoints: [] };
  const { error } = outcome;
  const event = { definition: SnapshotDeleteFailed, data: { ...aboutRestorePoint(restorePoint), error } };
  const untouched = error.code === 'snapshot_in_use' || error.code === 'not_ours';
  const point = untouched ? { ...restorePoint, phase: formerPhase } : restorePoint;
  return { state: { phase: 'ended', error }, events: [event], restorePoints: [point] };
}
