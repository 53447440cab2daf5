import { ObjectUid, type EntryOf } from '@snapfleet/contracts';
import type { Catalogue } from '../catalogue.js';
import { becauseOf, disposalOfSnapshot, notOurs, orphanOf, type Finding, type Verdict } from './finding.js';

type Entry = EntryOf<'logical-volume'>;

/** TopoLVM names the LogicalVolume of a snapshot `snapshot-<uid of the VolumeSnapshot>`. */
const ofSnapshot = /^snapshot-(.+)$/;

/** The uid of the VolumeSnapshot that a LogicalVolume of this name was made for, or undefined. */
export const snapshotUidIn = (name: string): string | undefined => ofSnapshot.exec(name)?.[1];

/** A LogicalVolume to which neither a content nor a PersistentVolume refers. */
export function explainLogicalVolume(entry: Entry, catalogue: Catalogue): Verdict {
  const uid = snapshotUidIn(entry.name);
  const owner = uid === undefined ? undefined : catalogue.ownerOfSnapshot(uid);
  const point = owner === undefined ? undefined : catalogue.find(owner.restorePointId);
  if (point === undefined) return explainOther(entry, catalogue);
  if (point.busy) return 'undecided';
  const why = `its VolumeSnapshotContent is gone without it, and ${becauseOf(point)}`;
  const circumstances = {
    referencedBy: entry.referencedBy,
    retained: owner?.deletionPolicy === 'Retain',
    effect: 'the LogicalVolume and its logical volume',
  };
  return orphanOf(findingOf(entry, why), disposalOfSnapshot(point, circumstances));
}

function explainOther(entry: Entry, catalogue: Catalogue): Verdict {
  const why =
    snapshotUidIn(entry.name) === undefined
      ? 'there is neither a PersistentVolume nor a PersistentVolumeClaim that it was made for'
      : 'there is neither a VolumeSnapshot nor a VolumeSnapshotContent that it was made for';
  const madeFrom = catalogue.ownerOfSnapshot(snapshotUidIn(entry.source ?? '') ?? '');
  const finding = findingOf(entry, why);
  const evidence =
    madeFrom === undefined
      ? finding.evidence
      : [...finding.evidence, `it was restored from the snapshot of restore point ${madeFrom.restorePointId}`];
  return orphanOf({ ...finding, evidence }, notOurs('unknown', 'it may hold data that are nowhere else'));
}

function findingOf(entry: Entry, why: string): Finding {
  const { name, uid, source, finalizers, referencedBy, createdAt } = entry;
  const volumeSnapshotUid = ObjectUid.safeParse(snapshotUidIn(name)).data;
  return {
    kind: 'logical-volume',
    name,
    uid,
    ...(volumeSnapshotUid === undefined ? {} : { volumeSnapshotUid }),
    ...(entry.volumeHandle === undefined ? {} : { volumeHandle: entry.volumeHandle }),
    ...(entry.sizeBytes === undefined ? {} : { sizeBytes: entry.sizeBytes }),
    why,
    evidence: [
      `made at ${createdAt}${source === undefined ? '' : ` from LogicalVolume ${source}`}`,
      'no VolumeSnapshotContent, PersistentVolume or claim names it or its logical volume',
      ...(entry.deletionRequestedAt === undefined
        ? []
        : [
            `its deletion was asked for at ${entry.deletionRequestedAt}; finalizers: ${finalizers.join(', ') || 'none'}`,
          ]),
      ...referencedBy,
    ],
  };
}
