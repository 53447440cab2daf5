import type { RestorePoint } from '@snapfleet/contracts';
import { hasOpenWork, hasVerifiedBackup } from './last-good-copy.js';

const isSettled = ({ phase }: RestorePoint): boolean => !['deleted', 'deleting', 'failed'].includes(phase);

/**
 * Local snapshots that may go to make room in the pool of a device class, the oldest first: a verified backup of each stays at
 * its destination, no backup or verification waits for it, and its deletion frees the pool.
 * @param points of the device, the newest first
 */
export function evictableSnapshots(
  points: readonly RestorePoint[],
  deviceClasses: ReadonlySet<string>,
): RestorePoint[] {
  return points
    .filter(
      (point) =>
        isSettled(point) &&
        point.snapshot?.deletionPolicy === 'Delete' &&
        deviceClasses.has(point.claim?.deviceClass ?? '') &&
        hasVerifiedBackup(point) &&
        !hasOpenWork(point),
    )
    .reverse();
}
