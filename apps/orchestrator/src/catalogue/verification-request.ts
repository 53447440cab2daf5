import {
  type DataOf,
  type BackupCompleted,
  type MoverName,
  type RestorePoint,
  SnapfleetError,
  type VerifyLevel,
} from '@snapfleet/contracts';
import { aboutRestorePoint } from '../workflow/restore-point-view.js';

/**
 * The backup that a verification is about, as its completion told it.
 * @throws SnapfleetError `backup_not_found` when there is none, or more than one and no mover is named
 */
export function backupToVerify(point: RestorePoint, mover: MoverName | undefined): DataOf<typeof BackupCompleted> {
  const completed = point.backups.filter(
    (backup) => backup.state === 'completed' && (mover === undefined || backup.mover === mover),
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

/** The restore point with this verification waiting for its verdict. */
export function withPendingVerification(
  point: RestorePoint,
  about: { level: VerifyLevel; mover?: MoverName },
): RestorePoint {
  const others = point.verifications.filter(({ level, mover }) => level !== about.level || mover !== about.mover);
  return { ...point, verifications: [...others, { ...about, state: 'pending' }] };
}
