import {
  BackupRemove,
  type BackupRecord,
  ErrorDetail,
  type MoverName,
  type ReplyOf,
  type RestorePoint,
  SnapshotDeleted,
  SnapshotDeleteFailed,
  SnapshotRemove,
} from '@snapfleet/contracts';
import { z } from 'zod';
import type { Operation, Step, StepOutcome, Transition, Workflow, WorkflowContext } from '../operations/operation.js';
import { aboutRestorePoint } from './restore-point-view.js';

const options = { deleteBackups: z.boolean(), purge: z.boolean(), cause: z.enum(['command', 'retention']) };

/** The states of `snapshot.delete`; backups go first, so that a failure leaves the snapshot to try again from. */
export const DeleteState = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('removing-backups'), ...options }),
  z.object({ phase: z.literal('removing-snapshot'), ...options }),
  z.object({ phase: z.literal('ended'), error: ErrorDetail.optional() }),
]);
export type DeleteState = z.infer<typeof DeleteState>;

const removeDeadlineSeconds = 300;

/** `snapshot.delete`: each backup that is to go, then the VolumeSnapshot. */
export class DeleteSnapshotWorkflow implements Workflow<DeleteState> {
  readonly kind = 'delete';

  cancellable(): boolean {
    return false;
  }

  step(state: DeleteState, _operation: Operation, point: RestorePoint): Step {
    if (state.phase === 'ended') return { kind: 'end' };
    const backup = state.phase === 'removing-backups' ? nextBackup(point) : undefined;
    if (backup !== undefined) {
      const data = { ...aboutRestorePoint(point), backup: backup.reference };
      return { kind: 'call', definition: BackupRemove, data, deadlineMs: 600_000 };
    }
    const snapshot = point.snapshot === undefined ? {} : { snapshot: point.snapshot };
    const data = {
      ...aboutRestorePoint(point),
      ...snapshot,
      purge: state.purge,
      deadlineSeconds: removeDeadlineSeconds,
    };
    return { kind: 'call', definition: SnapshotRemove, data, deadlineMs: (removeDeadlineSeconds + 60) * 1000 };
  }

  next(state: DeleteState, outcome: StepOutcome, context: WorkflowContext): Transition<DeleteState> {
    const { restorePoint } = context;
    if (state.phase === 'ended') return { state, events: [], restorePoint };
    if (outcome.kind !== 'done') return failed(outcome, context);
    if (state.phase === 'removing-backups' && nextBackup(restorePoint) !== undefined) {
      const after = markBackupDeleted(restorePoint);
      const phase = nextBackup(after) === undefined ? 'removing-snapshot' : 'removing-backups';
      return { state: { ...state, phase }, events: [], restorePoint: after };
    }
    return deleted(state, outcome.result as ReplyOf<typeof SnapshotRemove>, restorePoint);
  }
}

type KeptBackup = BackupRecord & { readonly reference: NonNullable<BackupRecord['reference']> };

const isKept = (backup: BackupRecord): backup is KeptBackup =>
  backup.state === 'completed' && backup.reference !== undefined;

const nextBackup = (point: RestorePoint): KeptBackup | undefined => point.backups.find(isKept);

function markBackupDeleted(point: RestorePoint): RestorePoint {
  const gone = nextBackup(point);
  return {
    ...point,
    backups: point.backups.map((backup) => (backup === gone ? { ...backup, state: 'deleted' as const } : backup)),
  };
}

function deleted(
  state: Extract<DeleteState, { phase: 'removing-backups' | 'removing-snapshot' }>,
  reply: ReplyOf<typeof SnapshotRemove>,
  point: RestorePoint,
): Transition<DeleteState> {
  const { snapshot: _gone, ...rest } = point;
  const restorePoint: RestorePoint = { ...rest, phase: nextBackup(point) === undefined ? 'deleted' : point.phase };
  const backupsDeleted: MoverName[] = point.backups
    .filter(({ state }) => state === 'deleted')
    .map(({ mover }) => mover);
  const data = { ...aboutRestorePoint(point), freed: reply.freed, backupsDeleted, cause: state.cause };
  return { state: { phase: 'ended' }, events: [{ definition: SnapshotDeleted, data }], restorePoint };
}

function failed(
  outcome: Exclude<StepOutcome, { kind: 'done' }>,
  { restorePoint }: WorkflowContext,
): Transition<DeleteState> {
  if (outcome.kind === 'cancelled') return { state: { phase: 'ended' }, events: [], restorePoint };
  const { error } = outcome;
  const event = { definition: SnapshotDeleteFailed, data: { ...aboutRestorePoint(restorePoint), error } };
  return { state: { phase: 'ended', error }, events: [event], restorePoint };
}
