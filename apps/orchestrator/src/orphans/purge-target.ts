import {
  type ClusterPurge,
  type DataInputOf,
  LvUuid,
  type Orphan,
  SnapfleetError,
  type VolumeHandle,
} from '@snapfleet/contracts';

/** What a purge is asked for: an object of the cluster, or a logical volume that only LVM knows. */
export type PurgeTarget =
  | DataInputOf<typeof ClusterPurge>['target']
  | { readonly kind: 'thin-volume'; readonly volumeHandle: VolumeHandle; readonly lvUuid: LvUuid };

const lacking = (orphan: Orphan, what: string): SnapfleetError =>
  new SnapfleetError('orphan_not_purgeable', `${orphan.kind} ${orphan.name} has no ${what} by which it would be known`);

/**
 * The identity by which an orphan is purged.
 * @throws SnapfleetError `orphan_not_purgeable` where a part of it is not known
 */
export function purgeTargetOf(orphan: Orphan): PurgeTarget {
  const { kind, namespace, name, uid, volumeSnapshotUid, volumeHandle } = orphan;
  const object = { ...(namespace === undefined ? {} : { namespace }), name, uid };
  switch (kind) {
    case 'volume-snapshot':
    case 'scratch-claim':
    case 'pod':
      return { kind, ...object };
    case 'volume-snapshot-content':
    case 'logical-volume':
      if (volumeSnapshotUid === undefined) throw lacking(orphan, 'uid of a VolumeSnapshot');
      return { kind, ...object, volumeSnapshotUid };
    case 'thin-volume': {
      const lvUuid = LvUuid.safeParse(uid);
      if (volumeHandle === undefined || !lvUuid.success) throw lacking(orphan, 'handle and UUID of LVM');
      return { kind, volumeHandle, lvUuid: lvUuid.data };
    }
  }
}
