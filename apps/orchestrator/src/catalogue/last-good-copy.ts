import type { RestorePoint, VerificationRecord } from '@snapfleet/contracts';
import { isAtDestination } from './backup-of-point.js';
import { isOfSameVolume } from './volume-of-point.js';

type Counts = (record: VerificationRecord) => boolean;

/** Proven once, and by no later comparison refuted: a new attempt that is pending, or failed for another cause, takes nothing away. */
const wasProven: Counts = ({ verifiedAt }) => verifiedAt !== undefined;

/** Proven, and no attempt at it has failed since, for whatever cause: what cannot be fetched now may be lost. */
const isProven: Counts = (record) => wasProven(record) && record.error === undefined;

const hasBackup = (point: RestorePoint, counts: Counts): boolean =>
  point.backups.some(
    (backup) =>
      isAtDestination(backup) &&
      point.verifications.some(
        (record) => record.level === 'backup' && record.mover === backup.mover && counts(record),
      ),
  );

const hasSnapshot = (point: RestorePoint, counts: Counts): boolean =>
  point.snapshot !== undefined && point.verifications.some((record) => record.level === 'snapshot' && counts(record));

/** Whether a verified backup of this restore point is at a destination, whose newest verdict is no failure. */
export const hasVerifiedBackup = (point: RestorePoint): boolean => hasBackup(point, isProven);

/** The same of its local snapshot. */
const hasVerifiedSnapshot = (point: RestorePoint): boolean => hasSnapshot(point, isProven);

/** Whether it holds a copy that may be good: what is to go counts by less than what another one relies on. */
const mayBeGood = (point: RestorePoint): boolean => hasSnapshot(point, wasProven) || hasBackup(point, wasProven);

/** Whether this restore point holds at least one copy that is proven to restore, and is not about to go. */
export function isGood(point: RestorePoint): boolean {
  if (point.phase === 'deleted' || point.phase === 'deleting' || point.phase === 'failed') return false;
  return hasVerifiedSnapshot(point) || hasVerifiedBackup(point);
}

/**
 * Whether a deletion would take the last copy of a volume that is proven to restore: the restore point holds one,
 * none stays behind in it, and no other restore point of the volume has one. A copy whose newest verdict is a failure, such
 * as one that could not be fetched, is good enough to be kept, and not good enough to let another one go.
 * @param others restore points of any volumes
 */
export function wouldRemoveLastGoodCopy(
  point: RestorePoint,
  others: readonly RestorePoint[],
  deleteBackups: boolean,
): boolean {
  if (!mayBeGood(point)) return false;
  if (!deleteBackups && hasVerifiedBackup(point)) return false;
  return !others.some(
    (other) => other.restorePointId !== point.restorePointId && isOfSameVolume(point, other) && isGood(other),
  );
}

/** Whether a backup or a verification still waits for this restore point. */
export const hasOpenWork = ({ backups, verifications }: RestorePoint): boolean =>
  [...backups, ...verifications].some(({ state }) => state === 'pending');

/**
 * What a retention of `keepLast` lets go of for a new restore point, the oldest first: local snapshots of its volume beyond
 * that number, none before a verified one is kept, and none that a backup or a verification still waits for.
 * @param points of any volumes, the newest first
 */
export function expiredByRetention(
  because: RestorePoint,
  points: readonly RestorePoint[],
  keepLast: number,
): RestorePoint[] {
  const withSnapshot = points.filter(
    (point) =>
      isOfSameVolume(because, point) &&
      point.snapshot !== undefined &&
      point.phase !== 'failed' &&
      point.phase !== 'deleted',
  );
  const kept = withSnapshot.slice(0, keepLast);
  if (!kept.some(isGood)) return [];
  return withSnapshot
    .slice(keepLast)
    .filter((point) => !hasOpenWork(point))
    .reverse();
}
