import { VolumeHandle, type InventoriedVolume } from '@snapfleet/contracts';
import type { Catalogue } from '../catalogue.js';
import { becauseOf, disposalOfSnapshot, notOurs, orphanOf, type Finding, type Verdict } from './finding.js';

/** The handle of a thin volume; undefined where TopoLVM cannot have named it, so that it is none of ours to judge. */
export const handleOfVolume = ({ logicalVolume }: InventoriedVolume): VolumeHandle | undefined =>
  VolumeHandle.safeParse(logicalVolume).data;

/**
 * A thin volume with the name of a handle that nothing in the cluster names. Its origin says nothing: an empty one is that of a
 * snapshot whose source was deleted just as well as that of somebody's data.
 */
export function explainThinVolume(volume: InventoriedVolume, handle: VolumeHandle, catalogue: Catalogue): Verdict {
  const owner = catalogue.ownerOfHandle(handle);
  const point = owner === undefined ? undefined : catalogue.find(owner.restorePointId);
  if (point === undefined) {
    const note = 'it may hold data that are nowhere else, as after a restore of an older state of the cluster';
    const why = 'the cluster does not know it: no LogicalVolume, VolumeSnapshotContent or PersistentVolume names it';
    return orphanOf(findingOf(volume, handle, why), notOurs('unknown', note));
  }
  if (point.busy) return 'undecided';
  const why = `its LogicalVolume is gone without it, and ${becauseOf(point)}`;
  const circumstances = {
    referencedBy: [
      ...(volume.open ? ['something has its device open'] : []),
      ...(volume.leased ? ['a lease of host-lvm is on it'] : []),
    ],
    retained: owner?.deletionPolicy === 'Retain',
    effect: 'the logical volume',
  };
  return orphanOf(findingOf(volume, handle, why), disposalOfSnapshot(point, circumstances));
}

function findingOf(volume: InventoriedVolume, handle: VolumeHandle, why: string): Finding {
  const { volumeGroup, logicalVolume, lvUuid, pool, sizeBytes, access, active, open } = volume;
  return {
    kind: 'thin-volume',
    name: `${volumeGroup}/${logicalVolume}`,
    uid: lvUuid,
    volumeHandle: handle,
    sizeBytes,
    why,
    evidence: [
      `a thin volume of ${volumeGroup}/${pool}, ${access}, ${active ? 'active' : 'inactive'}${open ? ', open' : ''}`,
      'no LogicalVolume, VolumeSnapshotContent or PersistentVolume names its handle',
    ],
  };
}
