import type {
  DeviceClassFacts,
  LvmdFacts,
  PoolThresholds,
  SurveyedVolume,
  ThinPoolFacts,
} from './agent-commands/pool-commands.js';
import { SnapfleetError } from './snapfleet-error.js';

// The rules of `volume.survey`, for everyone who answers it: host-lvm on a device, the simulator on an embedded one.

type Room = Pick<ThinPoolFacts, 'budget'>;
type Unmet = Exclude<ThinPoolFacts['health'], 'ok'>;

const states: Readonly<Record<Unmet, string>> = {
  failed: 'has failed: LVM cannot use its data or metadata',
  'needs-check': 'is read-only and needs a check of its metadata',
  'metadata-full': 'has no metadata left, and is read-only',
  'read-only': 'is read-only',
  'data-full': 'has no data left, so that writes fail or wait',
  inactive: 'is not active, so that LVM does not know how full it is',
};

/** How many more snapshots of a volume of this size the virtual budget of its pool allows; undefined: not known. */
export function snapshotsLeft({ budget }: Room, sizeBytes: number): number | undefined {
  return budget === undefined || sizeBytes === 0 ? undefined : Math.floor(budget.freeBytes / sizeBytes);
}

/** What keeps a thin pool from taking snapshots of volumes of these sizes, all of them: pool_unhealthy, pool_headroom_missing. */
export function poolFindings(
  pool: ThinPoolFacts,
  sizesBytes: readonly number[],
  thresholds: PoolThresholds,
): SnapfleetError[] {
  const name = `Thin pool ${pool.volumeGroup}/${pool.pool}`;
  const missing = (what: string): SnapfleetError => new SnapfleetError('pool_headroom_missing', `${name}: ${what}`);
  const findings: SnapfleetError[] = [];
  if (pool.health !== 'ok') findings.push(new SnapfleetError('pool_unhealthy', `${name} ${states[pool.health]}`));
  const percents = [
    ['data', pool.dataPercent, thresholds.dataPercent],
    ['metadata', pool.metadataPercent, thresholds.metadataPercent],
  ] as const;
  for (const [what, percent, limit] of percents)
    if (percent !== undefined && percent >= limit)
      findings.push(missing(`its ${what} is ${percent.toFixed(2)} % full, and a snapshot is made below ${limit} %`));
  const wanted = sizesBytes.reduce((sum, size) => sum + size, 0);
  if (pool.budget !== undefined && pool.budget.freeBytes < wanted) {
    const { deviceClass, overprovisionRatio, freeBytes } = pool.budget;
    const snapshots = sizesBytes.length === 1 ? 'a snapshot is' : `${sizesBytes.length} snapshots are`;
    findings.push(
      missing(
        `its virtual budget has ${freeBytes} bytes left, and ${snapshots} charged ${wanted} (device class ${deviceClass}, overprovision-ratio ${overprovisionRatio})`,
      ),
    );
  }
  return findings;
}

/** What keeps the pools of these volumes from taking one snapshot of each, all of them. */
export function surveyFindings(volumes: readonly SurveyedVolume[], thresholds: PoolThresholds): SnapfleetError[] {
  const pools = new Map<string, { readonly pool: ThinPoolFacts; readonly sizesBytes: number[] }>();
  for (const { pool, logicalVolume } of volumes) {
    if (pool === undefined || logicalVolume === undefined) continue;
    const name = `${pool.volumeGroup}/${pool.pool}`;
    const known = pools.get(name) ?? { pool, sizesBytes: [] };
    known.sizesBytes.push(logicalVolume.sizeBytes);
    pools.set(name, known);
  }
  return [...pools.values()].flatMap(({ pool, sizesBytes }) => poolFindings(pool, sizesBytes, thresholds));
}

/** The finding about a volume that is not thin, with what lvmd.yaml says of its volume group and how that is changed. */
export function thickVolume(
  volume: { readonly fullName: string; readonly volumeGroup: string; readonly kind: string },
  lvmd: LvmdFacts,
): SnapfleetError {
  const { fullName, volumeGroup, kind } = volume;
  const classes = lvmd.state === 'known' ? lvmd.deviceClasses : [];
  const own = classes.filter((one) => one.volumeGroup === volumeGroup);
  const said = [
    `${fullName} is ${kind}, not thin, in the volume group ${volumeGroup}`,
    describeThick(own.find((one) => one.type === 'thick')),
    adviseThin(own, volumeGroup),
  ];
  return new SnapfleetError('thick_device_class', said.join('. '));
}

function describeThick(thick: DeviceClassFacts | undefined): string {
  return thick === undefined
    ? 'lvmd.yaml names no thick device class for it'
    : `Its device class ${thick.name} is thick${thick.default ? ', and the default' : ''}`;
}

function adviseThin(own: readonly DeviceClassFacts[], volumeGroup: string): string {
  const thin = own.find((one) => one.type === 'thin');
  return thin === undefined
    ? `Add to lvmd.yaml a device class with \`volume-group: ${volumeGroup}\`, \`type: thin\` and \`thin-pool: {name: ..., overprovision-ratio: ...}\`, and to the cluster a StorageClass for it`
    : `Use a StorageClass of the thin device class ${thin.name} (pool ${volumeGroup}/${thin.pool})`;
}
