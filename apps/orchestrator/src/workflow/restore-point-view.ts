import type { ReadySnapshot, RestorePoint, VolumeReference } from '@snapfleet/contracts';
import { SnapfleetError } from '@snapfleet/contracts';

/** What every event about a restore point begins with. */
export function aboutRestorePoint(point: RestorePoint): VolumeReference & Pick<RestorePoint, 'restorePointId'> {
  const { restorePointId, namespace, persistentVolumeClaim } = point;
  return { restorePointId, namespace, persistentVolumeClaim };
}

/**
 * A restore point as backup worker and verifier need it.
 * @throws SnapfleetError `snapshot_not_found` when its snapshot is not there (any more)
 */
export function readySnapshot(point: RestorePoint): ReadySnapshot {
  const { claim, snapshot, consistency, policy } = point;
  if (claim === undefined || snapshot === undefined) {
    throw new SnapfleetError('snapshot_not_found', `restore point ${point.restorePointId} has no local snapshot`);
  }
  return {
    ...aboutRestorePoint(point),
    claim,
    snapshot,
    consistency: consistency ?? 'crash',
    movers: policy.movers,
    verify: policy.verify,
    allowEmpty: policy.allowEmpty,
    ...(policy.assertion === undefined ? {} : { assertion: policy.assertion }),
  };
}
