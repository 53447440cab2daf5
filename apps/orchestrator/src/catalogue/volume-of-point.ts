import type { RestorePoint } from '@snapfleet/contracts';

/**
 * Whether two restore points are of one volume: of the claim with the same uid. A claim that is made again has another uid and
 * other data; a restore point whose claim is not known is of a volume of its own.
 */
export function isOfSameVolume(one: RestorePoint, other: RestorePoint): boolean {
  if (one.restorePointId === other.restorePointId) return true;
  return one.claim !== undefined && one.claim.uid === other.claim?.uid;
}

/** The volume of a restore point, as people are told of it. */
export function describeVolume({ namespace, persistentVolumeClaim, claim }: RestorePoint): string {
  const uid = claim === undefined ? 'its uid is not known' : `uid ${claim.uid}`;
  return `${namespace}/${persistentVolumeClaim} (${uid})`;
}
