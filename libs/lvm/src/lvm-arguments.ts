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

/** For `lvs`: thin pools and thin volumes of all volume groups. */
export const thinVolumes: readonly string[] = reportVolumes('segtype=thin-pool || segtype=thin');

/** For `vgs`: the volume groups of the host. */
export const volumeGroups: readonly string[] = [...asJson, '--options', 'vg_name,vg_uuid'];

/**
 * For `lvchange`: activates the volume, also one with the activation skip flag that `lvcreate -s` sets. dmeventd is left
 * alone: whoever keeps the pool active has it watched, and where lvchange reached none it would start one of its own.
 */
export const activation = (volume: Pick<ReportedVolume, 'fullName'>): readonly string[] => [
  '--activate',
  'y',
  '--ignoreactivationskip',
  '--ignoremonitoring',
  volume.fullName,
];

/** For `lvchange`: deactivates the volume; LVM refuses while it is open. */
export const deactivation = (volume: Pick<ReportedVolume, 'fullName'>): readonly string[] => [
  '--activate',
  'n',
  '--ignoremonitoring',
  volume.fullName,
];

/**
 * For `lvremove`: removes the one volume that has this identity, this name, and is an ordinary thin volume (type `V`); LVM
 * compares under the lock of the volume group. A volume on which others depend has type `o` and is not selected, since
 * `--yes` would take its dependants along. LVM refuses while the volume is open, in any mount namespace; where nothing is
 * selected it ends well and removes nothing (tried with lvm2 2.03.16).
 */
export const removal = (handle: VolumeHandle, lvUuid: LvUuid): readonly string[] => [
  '--yes',
  '--select',
  `lv_uuid=${lvUuid} && lv_name=${handle} && segtype=thin && lv_attr=~^V`,
];
