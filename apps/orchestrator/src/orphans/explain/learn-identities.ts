import { ObjectUid, type EntryOf, type InventoryEntry, type RestorePointId } from '@snapfleet/contracts';
import type { SnapshotIdentity } from '../../journal/snapshot-identity.store.js';
import type { Catalogue } from '../catalogue.js';
import { isOfRestorePoint } from './explain-volume-snapshot.js';
import { snapshotUidIn } from './explain-logical-volume.js';

/** An identity, and whose it is. */
export interface LearntIdentity {
  readonly restorePointId: RestorePointId;
  readonly identity: SnapshotIdentity;
}

/**
 * What a scan teaches of the identities of our snapshots: the uid of a VolumeSnapshot that carries all our marks; of a content
 * made for it the policy; and the handle, from the LogicalVolume that TopoLVM made for it. A name, an origin, or a handle that
 * somebody wrote into a content teaches nothing.
 */
export function learnIdentities(entries: readonly InventoryEntry[], catalogue: Catalogue): LearntIdentity[] {
  return entries.flatMap((entry): LearntIdentity[] => {
    switch (entry.kind) {
      case 'volume-snapshot':
        return ofSnapshot(entry, catalogue);
      case 'volume-snapshot-content': {
        const { deletionPolicy, volumeSnapshot } = entry;
        return ofUid(volumeSnapshot.uid, { deletionPolicy }, catalogue);
      }
      case 'logical-volume': {
        const { name, uid, volumeHandle } = entry;
        // The handle is the object's own uid, which nobody can choose.
        const handle = volumeHandle !== undefined && uid === volumeHandle.toString() ? volumeHandle : undefined;
        return handle === undefined ? [] : ofUid(snapshotUidIn(name), { snapshotHandle: handle }, catalogue);
      }
      case 'scratch-claim':
      case 'pod':
        return [];
    }
  });
}

function ofUid(
  uid: string | undefined,
  facts: Omit<SnapshotIdentity, 'volumeSnapshotUid'>,
  catalogue: Catalogue,
): LearntIdentity[] {
  const owner = uid === undefined ? undefined : catalogue.ownerOfSnapshot(uid);
  if (uid === undefined || owner === undefined) return [];
  const identity = { volumeSnapshotUid: ObjectUid.parse(uid), ...facts };
  return [{ restorePointId: owner.restorePointId, identity }];
}

function ofSnapshot(entry: EntryOf<'volume-snapshot'>, catalogue: Catalogue): LearntIdentity[] {
  const point = entry.restorePointId === undefined ? undefined : catalogue.find(entry.restorePointId);
  if (point === undefined || !isOfRestorePoint(entry, point)) return [];
  // While the restore point is kept, its own record says which one it has.
  const another = point.standing.kind === 'kept' && point.volumeSnapshotUid !== undefined;
  if (another && point.volumeSnapshotUid !== entry.uid) return [];
  return [{ restorePointId: point.restorePointId, identity: { volumeSnapshotUid: entry.uid } }];
}
