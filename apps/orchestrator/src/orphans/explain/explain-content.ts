import type { EntryOf } from '@snapfleet/contracts';
import type { Catalogue } from '../catalogue.js';
import { becauseOf, disposalOfSnapshot, notOurs, orphanOf, type Finding, type Verdict } from './finding.js';

type Entry = EntryOf<'volume-snapshot-content'>;

const ourName = /^snapfleet-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A VolumeSnapshotContent whose VolumeSnapshot is not there. */
export function explainContent(entry: Entry, catalogue: Catalogue): Verdict {
  const { uid } = entry.volumeSnapshot;
  const owner = uid === undefined ? undefined : catalogue.ownerOfSnapshot(uid);
  const point = owner === undefined ? undefined : catalogue.find(owner.restorePointId);
  if (point === undefined) return explainOther(entry);
  if (point.busy) return 'undecided';
  const why = `its VolumeSnapshot is gone without it, and ${becauseOf(point)}`;
  const circumstances = {
    referencedBy: entry.referencedBy,
    retained: entry.deletionPolicy === 'Retain',
    effect: 'the VolumeSnapshotContent and its logical volume',
  };
  return orphanOf(findingOf(entry, why), disposalOfSnapshot(point, circumstances));
}

function explainOther(entry: Entry): Verdict {
  const { name = '', uid } = entry.volumeSnapshot;
  if (ourName.test(name)) {
    const why = 'its VolumeSnapshot is gone and had a name of ours, but the journal has not recorded its uid';
    return orphanOf(findingOf(entry, why), notOurs('unknown', 'a name alone is no proof: its owner has to decide'));
  }
  const why =
    uid === undefined
      ? 'it was made by hand for a VolumeSnapshot that is not there (yet)'
      : 'its VolumeSnapshot is gone without it';
  const note =
    'it belongs to somebody else; to free its logical volume, set its deletionPolicy to Delete and delete it';
  return orphanOf(findingOf(entry, why), notOurs('foreign', note));
}

function findingOf(entry: Entry, why: string): Finding {
  const { name, uid, volumeSnapshot, deletionPolicy, finalizers, referencedBy, createdAt } = entry;
  const of = `${volumeSnapshot.namespace ?? ''}/${volumeSnapshot.name ?? ''}`;
  return {
    kind: 'volume-snapshot-content',
    name,
    uid,
    ...(volumeSnapshot.uid === undefined ? {} : { volumeSnapshotUid: volumeSnapshot.uid }),
    ...(entry.volumeHandle === undefined ? {} : { volumeHandle: entry.volumeHandle }),
    ...(entry.sizeBytes === undefined ? {} : { sizeBytes: entry.sizeBytes }),
    why,
    evidence: [
      `made at ${createdAt} with the policy ${deletionPolicy}`,
      `there is no VolumeSnapshot ${of} with uid ${volumeSnapshot.uid ?? '(none)'}`,
      ...(entry.beingCreated ? ['the driver has not answered finally, so the csi-snapshotter does not delete it'] : []),
      ...(entry.deletionRequestedAt === undefined
        ? []
        : [
            `its deletion was asked for at ${entry.deletionRequestedAt}; finalizers: ${finalizers.join(', ') || 'none'}`,
          ]),
      ...referencedBy,
    ],
  };
}
