import type { DeviceClassFacts, ThinPoolFacts, VirtualBudget } from '@snapfleet/contracts';
import { thin, type VolumeGroupChoice } from './find-volume.js';
import type { ReportedVolume, VolumeReport } from './reported-volume.js';

const thinPool = 'thin-pool';
const full = 100;

/** The thin pools of a report, and what lvmd would still promise from those of its device classes. */
export function poolFacts(
  report: VolumeReport,
  deviceClasses: readonly DeviceClassFacts[] = [],
  groups?: VolumeGroupChoice,
): ThinPoolFacts[] {
  const pools = report.volumes.filter(
    ({ segmentType, volumeGroup }) => segmentType === thinPool && (groups?.includes(volumeGroup) ?? true),
  );
  return pools.map((pool) => factsOf(pool, report, deviceClasses));
}

function factsOf(
  pool: ReportedVolume,
  report: VolumeReport,
  deviceClasses: readonly DeviceClassFacts[],
): ThinPoolFacts {
  const { volumeGroup, logicalVolume, sizeBytes, dataPercent, metadataPercent } = pool;
  const own = report.volumes.filter(
    (one) => one.segmentType === thin && one.volumeGroup === volumeGroup && one.pool === logicalVolume,
  );
  const virtualBytes = own.reduce((sum, one) => sum + one.sizeBytes, 0);
  // A volume that was not understood may be of this pool, and then the sum is too small.
  const complete = report.unreadable.every((row) => row.volumeGroup !== undefined && row.volumeGroup !== volumeGroup);
  const budget = complete ? budgetOf(pool, virtualBytes, deviceClasses) : undefined;
  return {
    volumeGroup,
    pool: logicalVolume,
    sizeBytes,
    ...(dataPercent === undefined ? {} : { dataPercent }),
    ...(metadataPercent === undefined ? {} : { metadataPercent }),
    virtualBytes,
    health: healthOf(pool),
    chunkBytes: pool.chunkBytes,
    zeroing: pool.zeroing,
    whenFull: pool.whenFull,
    ...(budget === undefined ? {} : { budget }),
  };
}

/**
 * The words are those of lvm2 lib/report/report.c (_lvhealthstatus_disp, _lvcheckneeded_disp). The kernel may still call
 * a pool writable whose metadata is full, until it writes; so the percents count too. A status that is not known here is
 * taken for a failure.
 */
function healthOf(pool: ReportedVolume): ThinPoolFacts['health'] {
  const { healthStatus, dataPercent, metadataPercent = 0 } = pool;
  const known = ['', 'unknown', 'metadata_read_only', 'out_of_data'].includes(healthStatus);
  if (!known) return 'failed';
  if (pool.checkNeeded) return 'needs-check';
  if (metadataPercent >= full) return 'metadata-full';
  if (healthStatus === 'metadata_read_only') return 'read-only';
  if (healthStatus === 'out_of_data' || (dataPercent ?? 0) >= full) return 'data-full';
  return dataPercent === undefined ? 'inactive' : 'ok';
}

function budgetOf(
  pool: ReportedVolume,
  virtualBytes: number,
  deviceClasses: readonly DeviceClassFacts[],
): VirtualBudget | undefined {
  for (const one of deviceClasses)
    if (one.type === 'thin' && one.volumeGroup === pool.volumeGroup && one.pool === pool.logicalVolume) {
      const { name: deviceClass, overprovisionRatio } = one;
      const promised = Math.floor(overprovisionRatio * pool.sizeBytes);
      return { deviceClass, overprovisionRatio, freeBytes: Math.max(0, promised - virtualBytes) };
    }
  return undefined;
}
