import { SnapfleetError, type LogicalVolumeFacts, type VolumeHandle } from '@snapfleet/contracts';
import type { ReportedVolume } from './reported-volume.js';

/** Which volume groups are looked at; undefined means all. */
export type VolumeGroupChoice = readonly string[] | undefined;

const thin = 'thin';
const thinPool = 'thin-pool';

/**
 * The thin volume behind a CSI handle, from what `lvs` reported.
 * @throws {SnapfleetError} volume_not_found, volume_ambiguous, volume_not_thin.
 */
export function findThinVolume(
  volumes: readonly ReportedVolume[],
  handle: VolumeHandle,
  groups?: VolumeGroupChoice,
): ReportedVolume {
  const named = inGroups(volumes, groups).filter((volume) => volume.logicalVolume === handle);
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
  if (volume.segmentType !== thin)
    throw new SnapfleetError('volume_not_thin', `${volume.fullName} is ${volume.segmentType}, not thin`);
  return volume;
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

/** The thin volumes of a report of `thinVolumes`, by volume group and name. */
export function thinVolumesOf(volumes: readonly ReportedVolume[], groups?: VolumeGroupChoice): ReportedVolume[] {
  const byFullName = (one: ReportedVolume, other: ReportedVolume): number => (one.fullName < other.fullName ? -1 : 1);
  return inGroups(volumes, groups)
    .filter(({ segmentType }) => segmentType === thin)
    .toSorted(byFullName);
}

/** How full a thin pool is. */
export interface PoolFacts {
  readonly volumeGroup: string;
  readonly pool: string;
  readonly sizeBytes: number;
  readonly dataPercent: number;
  readonly metadataPercent: number;
  /** The sum of the sizes of its thin volumes, which is what TopoLVM charges against its overprovision ratio. */
  readonly virtualBytes: number;
}

/** The thin pools of a report of `thinVolumes`. An inactive pool is left out: LVM does not know how full it is. */
export function poolFacts(volumes: readonly ReportedVolume[], groups?: VolumeGroupChoice): PoolFacts[] {
  const known = inGroups(volumes, groups);
  return known.flatMap((pool) => {
    if (pool.segmentType !== thinPool || pool.dataPercent === undefined || pool.metadataPercent === undefined)
      return [];
    const own = known.filter(
      (one) => one.segmentType === thin && one.volumeGroup === pool.volumeGroup && one.pool === pool.logicalVolume,
    );
    return [
      {
        volumeGroup: pool.volumeGroup,
        pool: pool.logicalVolume,
        sizeBytes: pool.sizeBytes,
        dataPercent: pool.dataPercent,
        metadataPercent: pool.metadataPercent,
        virtualBytes: own.reduce((sum, one) => sum + one.sizeBytes, 0),
      },
    ];
  });
}

const inGroups = (volumes: readonly ReportedVolume[], groups: VolumeGroupChoice): readonly ReportedVolume[] =>
  groups === undefined ? volumes : volumes.filter((volume) => groups.includes(volume.volumeGroup));
