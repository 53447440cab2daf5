import type { RestorePoint } from '@snapfleet/client';

type Id = RestorePoint['restorePointId'];

/**
 * The restore points of claims that were deleted and made again: a newer one of the same name is of another uid.
 * @param points the newest first
 */
export function ofFormerClaims(points: readonly RestorePoint[]): ReadonlySet<Id> {
  const newest = new Map<string, string>();
  const former = new Set<Id>();
  for (const { restorePointId, namespace, persistentVolumeClaim, claim } of points) {
    if (claim === undefined) continue;
    const name = `${namespace}/${persistentVolumeClaim}`;
    const uid = newest.get(name) ?? claim.uid;
    newest.set(name, uid);
    if (uid !== claim.uid) former.add(restorePointId);
  }
  return former;
}
