import type { RestorePoint } from '@snapfleet/contracts';

/** Whether a verified backup of this restore point is at a destination. */
function hasVerifiedBackup(point: RestorePoint): boolean {
  return point.backups.some(
    (backup) =>
      backup.state === 'completed' &&
      point.verifications.some(
        ({ level, mover, state }) => level === 'backup' && mover === backup.mover && state === 'verified',
      ),
  );
}

/** Whether the local snapshot is there and was verified. */
function hasVerifiedSnapshot(point: RestorePoint): boolean {
  return (
    point.snapshot !== undefined &&
    point.verifications.some(({ level, state }) => level === 'snapshot' && state === 'verified')
  );
}

/** Whether this restore point holds at least one copy that is proven to restore. */
export function isGood(point: RestorePoint): boolean {
  return (
    point.phase !== 'deleted' && point.phase !== 'failed' && (hasVerifiedSnapshot(point) || hasVerifiedBackup(point))
  );
}

/**
 * Whether a deletion would take the last copy of a volume that is proven to restore: the restore point holds one,
 * none stays behind in it, and no other restore point of the volume has one.
 */
export function wouldRemoveLastGoodCopy(
  point: RestorePoint,
  ofVolume: readonly RestorePoint[],
  deleteBackups: boolean,
): boolean {
  if (!isGood(point)) return false;
  if (!deleteBackups && hasVerifiedBackup(point)) return false;
  return !ofVolume.some((other) => other.restorePointId !== point.restorePointId && isGood(other));
}

/**
 * What a retention of `keepLast` lets go of, the oldest first: local snapshots beyond that number, never one whose
 * loss would take the last good copy, and none before a verified one is kept.
 * @param ofVolume the restore points of the volume, the newest first
 */
export function expiredByRetention(ofVolume: readonly RestorePoint[], keepLast: number): RestorePoint[] {
  const withSnapshot = ofVolume.filter(
    ({ snapshot, phase }) => snapshot !== undefined && phase !== 'deleting' && phase !== 'failed',
  );
  const kept = withSnapshot.slice(0, keepLast);
  if (!kept.some(isGood)) return [];
  return withSnapshot.slice(keepLast).reverse();
}
