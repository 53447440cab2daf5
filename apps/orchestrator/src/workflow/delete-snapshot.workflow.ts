import {
  BackupRemove,
  type MoverName,
  type ReplyOf,
  type RestorePoint,
  SnapshotDeleted,
  SnapshotDeleteFailed,
  SnapshotRemove,
} from '@snapfleet/contracts';
import { isAtDestination } from '../catalogue/backup-of-point.js';
import { phaseOf, settledPhase } from '../catalogue/restore-point-progress.js';
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

type Open = Exclude<DeleteState, { phase: 'ended' }>;
type Options = Omit<Extract<DeleteState, { phase: 'choosing' }>, 'phase'>;

const removeDeadlineSeconds = 300;
const backupDeadlineMs = 600_000;

/** `snapshot.delete`: the VolumeSnapshot, then each backup that is to go. */
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
        const backup = point.backups.find((record) => record.mover === state.mover && isAtDestination(record));
        if (backup?.reference === undefined) return { kind: 'wait', delayMs: 0 };
        const data = { ...aboutRestorePoint(point), backup: backup.reference };
        return { kind: 'call', definition: BackupRemove, data, deadlineMs: backupDeadlineMs };
      }
      case 'removing-snapshot': {
        const known = point.snapshot ?? point.lostSnapshot?.snapshot;
        const snapshot = known === undefined ? {} : { snapshot: known };
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
    const [point] = context.restorePoints;
    if (state.phase === 'ended') return { state, events: [], restorePoints: [] };
    if (outcome.kind !== 'done') return failed(outcome, state, point);
    const options = optionsOf(state);
    switch (state.phase) {
      case 'choosing':
        return choose(options, point);
      case 'removing-snapshot':
        return withoutSnapshot(options, outcome.result as ReplyOf<typeof SnapshotRemove>, point);
      case 'removing-backup':
        return {
          state: { phase: 'choosing', ...options },
          events: [],
          restorePoints: [withoutBackup(point, state.mover)],
        };
    }
  }
}

function optionsOf({ deleteBackups, purge, releaseFinalizers, cause, formerPhase, removed }: Open): Options {
  return { deleteBackups, purge, releaseFinalizers, cause, formerPhase, ...(removed === undefined ? {} : { removed }) };
}

function choose(options: Options, point: RestorePoint): Transition<DeleteState> {
  if (options.removed === undefined)
    return { state: { phase: 'removing-snapshot', ...options }, events: [], restorePoints: [] };
  const backup = options.deleteBackups ? point.backups.find(isAtDestination) : undefined;
  if (backup === undefined) return deleted(options, options.removed, point);
  return { state: { phase: 'removing-backup', mover: backup.mover, ...options }, events: [], restorePoints: [] };
}

/** The proof of the snapshot goes with it. What Retain has kept can still be purged, so the record keeps where it is. */
function withoutSnapshot(
  options: Options,
  { freed, retainedContentName, finalizersRemoved }: ReplyOf<typeof SnapshotRemove>,
  { lostSnapshot, snapshot = lostSnapshot?.snapshot, ...rest }: RestorePoint,
): Transition<DeleteState> {
  const kept = retainedContentName !== undefined && snapshot !== undefined ? { snapshot } : {};
  const verifications = rest.verifications.filter(({ level }) => level !== 'snapshot');
  const removed = { freed, ...(finalizersRemoved === undefined ? {} : { finalizersRemoved }) };
  const state = { ...options, phase: 'choosing' as const, removed };
  return { state, events: [], restorePoints: [{ ...rest, ...kept, verifications }] };
}

/** The proof of a backup goes with it. */
function withoutBackup(point: RestorePoint, mover: MoverName): RestorePoint {
  return {
    ...point,
    backups: point.backups.map((record) => (record.mover === mover ? { mover, state: 'deleted' } : record)),
    verifications: point.verifications.filter((record) => record.level !== 'backup' || record.mover !== mover),
  };
}

const backupsDeleted = ({ backups }: RestorePoint): MoverName[] =>
  backups.filter(({ state }) => state === 'deleted').map(({ mover }) => mover);

function deleted(
  { cause }: Options,
  removed: NonNullable<Options['removed']>,
  point: RestorePoint,
): Transition<DeleteState> {
  const { snapshot: _gone, ...rest } = point;
  const restorePoint: RestorePoint = point.backups.some(isAtDestination)
    ? { ...rest, phase: settledPhase(rest) }
    : { ...point, phase: 'deleted' };
  const data = { ...aboutRestorePoint(point), ...removed, backupsDeleted: backupsDeleted(point), cause };
  return { state: { phase: 'ended' }, events: [{ definition: SnapshotDeleted, data }], restorePoints: [restorePoint] };
}

/** Once a deletion was begun, the snapshot may vanish at any time: the restore point then stays `deleting`. */
function failed(
  outcome: Exclude<StepOutcome, { kind: 'done' }>,
  { removed, formerPhase }: Open,
  point: RestorePoint,
): Transition<DeleteState> {
  if (outcome.kind === 'cancelled') return { state: { phase: 'ended' }, events: [], restorePoints: [] };
  const { error } = outcome;
  const gone = { snapshotDeleted: removed !== undefined, backupsDeleted: backupsDeleted(point) };
  const event = { definition: SnapshotDeleteFailed, data: { ...aboutRestorePoint(point), error, ...gone } };
  const refused = removed === undefined && (error.code === 'snapshot_in_use' || error.code === 'not_ours');
  // Facts may have come meanwhile, and a journal of before may have removed backups first.
  const phase = refused ? phaseOf({ ...point, phase: formerPhase }) : point.phase;
  return { state: { phase: 'ended', error }, events: [event], restorePoints: [{ ...point, phase }] };
}
