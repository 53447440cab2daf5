import {
  type Assertion,
  type BackupCompleted,
  BackupRequested,
  type DataOf,
  type MoverName,
  type RestorePoint,
  SnapfleetError,
  VerificationRequested,
} from '@snapfleet/contracts';
import type { PendingEvent } from '../operations/operation.js';
import { aboutRestorePoint, readySnapshot } from '../workflow/restore-point-view.js';
import { isAtDestination } from './backup-of-point.js';

/**
 * Asks for a backup of an existing snapshot.
 * @throws SnapfleetError `snapshot_not_found` where its snapshot is not there any more
 */
export function backupRequest(point: RestorePoint, mover: MoverName, verify: boolean): PendingEvent {
  const ready = { ...readySnapshot(point), movers: [mover], verify: verify ? ['backup'] : [] };
  return { definition: BackupRequested, data: { ready, mover } };
}

/**
 * Asks for the proof of an existing snapshot.
 * @throws SnapfleetError `snapshot_not_found`
 */
export function snapshotProofRequest(point: RestorePoint, assertion?: Assertion): PendingEvent {
  const data = { level: 'snapshot', ready: readySnapshot(point), ...(assertion === undefined ? {} : { assertion }) };
  return { definition: VerificationRequested, data };
}

/**
 * Asks for the proof of an existing backup.
 * @throws SnapfleetError `backup_not_found` when there is none, or more than one and no mover is named
 */
export function backupProofRequest(
  point: RestorePoint,
  mover: MoverName | undefined,
): { readonly mover: MoverName; readonly event: PendingEvent } {
  const backup = backupToVerify(point, mover);
  return {
    mover: backup.backup.mover,
    event: { definition: VerificationRequested, data: { level: 'backup', backup } },
  };
}

/** The backup that a verification is about, as its completion told it. */
function backupToVerify(point: RestorePoint, mover: MoverName | undefined): DataOf<typeof BackupCompleted> {
  const completed = point.backups.filter(
    (backup) => isAtDestination(backup) && (mover === undefined || backup.mover === mover),
  );
  const [backup, another] = completed;
  if (backup?.reference === undefined || backup.manifest === undefined) {
    throw new SnapfleetError(
      'backup_not_found',
      `restore point ${point.restorePointId} has no completed backup${mover ? ` of mover ${mover}` : ''}`,
    );
  }
  if (another !== undefined) {
    const rule = `must name one of ${completed.map((one) => one.mover).join(', ')}`;
    throw new SnapfleetError('backup_not_found', `data.mover ${rule}`, { field: 'data.mover', rule });
  }
  const { reference, manifest } = backup;
  return {
    ...aboutRestorePoint(point),
    backup: reference,
    manifest,
    durationMs: 0,
    verify: true,
    allowEmpty: point.policy.allowEmpty,
  };
}
