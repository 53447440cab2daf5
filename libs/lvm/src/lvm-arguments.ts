import type { LvUuid, VolumeHandle } from '@snapfleet/contracts';
import type { ReportedVolume } from './reported-volume.js';

const asJson = ['--reportformat', 'json', '--units', 'b', '--nosuffix'] as const;

/** The columns of `lvs` that are read; names as of lvm2 2.02.158 and later (lvmreport(7)). */
export const volumeColumns = [
  'vg_name',
  'lv_name',
  'lv_uuid',
  'lv_full_name',
  'lv_path',
  'lv_dm_path',
  'lv_attr',
  'lv_size',
  'segtype',
  'pool_lv',
  'origin',
  'data_percent',
  'metadata_percent',
  'lv_active',
  'lv_kernel_major',
  'lv_kernel_minor',
  'lv_health_status',
  'lv_check_needed',
  'lv_when_full',
  'chunk_size',
  'zero',
] as const;

const reportVolumes = (selection: string): readonly string[] => [
  ...asJson,
  '--options',
  volumeColumns.join(','),
  '--select',
  selection,
];

/** For `lvs`: the volumes of this name in all volume groups. TopoLVM's handle is the LV name. */
export const volumesOfHandle = (handle: VolumeHandle): readonly string[] => reportVolumes(`lv_name=${handle}`);

/** For `lvs`: the one volume that LVM knows by this identity. */
export const volumeOfUuid = (lvUuid: string): readonly string[] => reportVolumes(`lv_uuid=${lvUuid}`);

const ofThinPools = 'segtype=thin-pool || segtype=thin';

/** For `lvs`: thin pools and thin volumes of all volume groups. */
export const thinVolumes: readonly string[] = reportVolumes(ofThinPools);

/** For `lvs`: thin pools and thin volumes, and the volumes of these names of whatever type. */
export const volumesForSurvey = (handles: readonly VolumeHandle[]): readonly string[] =>
  reportVolumes([ofThinPools, ...handles.map((handle) => `lv_name=${handle}`)].join(' || '));

/** For `vgs`: the volume groups of the host. */
export const volumeGroups: readonly string[] = [...asJson, '--options', 'vg_name,vg_uuid'];

type Identified = Pick<ReportedVolume, 'fullName' | 'lvUuid'>;

// Under the lock of the group, LVM acts on a volume of this name only if it still is this very volume.
const thisVolume = ({ fullName, lvUuid }: Identified): readonly string[] => ['--select', `lv_uuid=${lvUuid}`, fullName];

/**
 * For `lvchange`: activates the volume, also one with the activation skip flag that `lvcreate -s` sets. Does nothing,
 * successfully, where another volume has its name by now. dmeventd is left alone: whoever keeps the pool active has it
 * watched, and where lvchange reached none it would start one of its own.
 */
export const activation = (volume: Identified): readonly string[] => [
  '--activate',
  'y',
  '--ignoreactivationskip',
  '--ignoremonitoring',
  ...thisVolume(volume),
];

/** For `lvchange`: deactivates the volume; LVM refuses while it is open. Nor does this touch another volume of its name. */
export const deactivation = (volume: Identified): readonly string[] => [
  '--activate',
  'n',
  '--ignoremonitoring',
  ...thisVolume(volume),
];

/**
 * For `lvremove`: removes the one volume that has this identity, this name, and is an ordinary thin volume (type `V`); LVM
 * compares under the lock of the volume group. A volume on which others depend has type `o` and is not selected, since
 * `--yes` would take its dependants along. LVM refuses while the volume is open, in any mount namespace; where nothing is
 * selected it ends well and removes nothing (tried with lvm2 2.03.16). It waits for no lock: one that waited would remove the
 * volume whenever the lock is let go, long after it was proven that nothing refers to it.
 */
export const removal = (handle: VolumeHandle, lvUuid: LvUuid): readonly string[] => [
  '--yes',
  '--config',
  'global/wait_for_locks=0',
  '--select',
  `lv_uuid=${lvUuid} && lv_name=${handle} && segtype=thin && lv_attr=~^V`,
];

/**
 * Whether `lvremove` was refused a lock: exit code 5, and for each volume group that it could not lock
 * "…: flock failed: Resource temporarily unavailable", "Can't get lock for …" (tried with lvm2 2.03.16; as in 2.03.39).
 */
export const wasRefusedLock = (exitCode: number | undefined, stderr: string): boolean =>
  exitCode === 5 && stderr.includes("Can't get lock for ");
