import {
  type DataOf,
  type BackupCompleted,
  type MoverName,
  type RestorePoint,
  SnapfleetError,
} from '@snapfleet/contracts';
import { aboutRestorePoint } from '../workflow/restore-point-view.js';

/**
 * The backup that a verification is about, as its completion told it.
 * @throws SnapfleetError `backup_not_found` when there is none, or more than one and no mover is named
 */
export function backupToVerify(point: RestorePoint, mover: MoverName | undefined): DataOf<typeof BackupCompleted> {
  const completed = point.backups.filter(
    ({ state, reference, ...backup }) =>
      state !== 'deleted' && reference !== undefined && (mover === undefined || backup.mover === mover),
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
