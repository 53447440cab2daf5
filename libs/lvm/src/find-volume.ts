import { SnapfleetError, type LogicalVolumeFacts, type VolumeHandle } from '@snapfleet/contracts';
import type { ReportedVolume, UnreadableRow, VolumeReport } from './reported-volume.js';

/** Which volume groups are looked at; undefined means all. */
export type VolumeGroupChoice = readonly string[] | undefined;

/** How LVM calls the type of a thin volume. */
export const thin = 'thin';

/**
 * The volume behind a CSI handle, of whatever type, from what `lvs` reported.
 * @throws {SnapfleetError} volume_not_found, volume_ambiguous; lvm_failed where a row that was not understood may be it.
 */
export function findVolume(report: VolumeReport, handle: VolumeHandle, groups?: VolumeGroupChoice): ReportedVolume {
  const doubtful = report.unreadable.find(
    ({ volumeGroup, logicalVolume }) =>
      isChosen(volumeGroup, groups) && (logicalVolume === undefined || logicalVolume === handle),
  );
  if (doubtful !== undefined) throw unreadableVolume(doubtful);
  const named = report.volumes.filter(
    ({ volumeGroup, logicalVolume }) => logicalVolume === handle && isChosen(volumeGroup, groups),
  );
  const [volume, another] = named;
  if (volume === undefined) {
    const where = groups === undefined ? '' : ` in the volume groups ${groups.join(', ')}`;
    throw new SnapfleetError('volume_not_found', `No logical volume is named ${handle}${where}`);
  }
  if (another !== undefined)
    throw new SnapfleetError(
      'volume_ambiguous',
      `${handle} is a logical volume in each of ${named.map((one) => one.volumeGroup).join(', ')}`,
    );
  return volume;
}

/**
 * The thin volume behind a CSI handle.
 * @throws {SnapfleetError} volume_not_thin, and what `findVolume` throws.
 */
export function findThinVolume(report: VolumeReport, handle: VolumeHandle, groups?: VolumeGroupChoice): ReportedVolume {
  const volume = findVolume(report, handle, groups);
  if (volume.segmentType === thin) return volume;
  throw new SnapfleetError('volume_not_thin', `${volume.fullName} is ${volume.segmentType}, not thin`);
}

/** The error about a row of a report that was not understood. */
export function unreadableVolume({ volumeGroup, logicalVolume, why }: UnreadableRow): SnapfleetError {
  const name = `${volumeGroup ?? '?'}/${logicalVolume ?? '?'}`;
  return new SnapfleetError('lvm_failed', `What lvs reports of ${name} is not understood: ${why}`);
}

/** What other services may know of a volume. */
export function toFacts(volume: ReportedVolume): LogicalVolumeFacts {
  return {
    volumeGroup: volume.volumeGroup,
    logicalVolume: volume.logicalVolume,
    lvUuid: volume.lvUuid,
    path: volume.path,
    pool: volume.pool,
    origin: volume.origin,
    sizeBytes: volume.sizeBytes,
    ...(volume.dataPercent === undefined ? {} : { mappedPercent: volume.dataPercent }),
    access: volume.access,
    active: volume.active,
  };
}

/**
 * The thin volumes of a report of `thinVolumes`, by volume group and name.
 * @throws {SnapfleetError} lvm_failed where a row was not understood: one that is left out would be taken for gone.
 */
export function thinVolumesOf({ volumes, unreadable }: VolumeReport, groups?: VolumeGroupChoice): ReportedVolume[] {
  for (const row of unreadable) if (isChosen(row.volumeGroup, groups)) throw unreadableVolume(row);
  const byFullName = (one: ReportedVolume, other: ReportedVolume): number => (one.fullName < other.fullName ? -1 : 1);
  return volumes
    .filter(({ segmentType, volumeGroup }) => segmentType === thin && isChosen(volumeGroup, groups))
    .toSorted(byFullName);
}

const isChosen = (volumeGroup: string | undefined, groups: VolumeGroupChoice): boolean =>
  groups === undefined || volumeGroup === undefined || groups.includes(volumeGroup);
