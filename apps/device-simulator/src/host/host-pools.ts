import {
  SnapfleetError,
  snapshotsLeft,
  surveyFindings,
  thickVolume,
  type DataOf,
  type DeviceClassFacts,
  type LvmdFacts,
  type PoolReport,
  type ReplyOf,
  type SurveyedVolume,
  type ThinPoolFacts,
  type VolumeHandle,
  type VolumeSurvey,
} from '@snapfleet/contracts';
import type { EmbeddedDevice } from '../embedded-device.js';
import type { DeviceClass } from '../storage/thin-pool.js';
import { percent, poolName, volumeGroup } from './embedded-names.js';
import type { HostVolumes } from './host-volumes.js';

// A copy takes what its files take, not chunks; the size of a chunk is LVM's own for small pools.
const chunkBytes = 64 << 10;

/** What host-lvm tells of thin pools on a real device: here of the bookkeeping of the embedded one. */
export class HostPools {
  constructor(
    private readonly device: EmbeddedDevice,
    private readonly volumes: HostVolumes,
  ) {}

  async report(): Promise<ReplyOf<typeof PoolReport>> {
    const pools = await this.#pools();
    return { pools: [...pools.values()], lvmd: this.#lvmd(), leases: this.device.leases.count };
  }

  async survey({ volumeHandles, thresholds }: DataOf<typeof VolumeSurvey>): Promise<ReplyOf<typeof VolumeSurvey>> {
    const pools = await this.#pools();
    const findings: SnapfleetError[] = [];
    const volumes: SurveyedVolume[] = [];
    for (const handle of new Set(volumeHandles)) volumes.push(await this.#examine(handle, pools, findings));
    findings.push(...surveyFindings(volumes, thresholds));
    return { volumes, findings: findings.map((finding) => finding.toDetail()) };
  }

  async #examine(
    volumeHandle: VolumeHandle,
    pools: ReadonlyMap<string, ThinPoolFacts>,
    findings: SnapfleetError[],
  ): Promise<SurveyedVolume> {
    const volume = this.device.pool.find(volumeHandle);
    const pool = pools.get(volume?.deviceClass ?? '');
    if (volume === undefined) {
      findings.push(new SnapfleetError('volume_not_found', `No logical volume is named ${volumeHandle}`));
      return { volumeHandle };
    }
    if (pool === undefined) {
      const fullName = `${volumeGroup}/${volumeHandle}`;
      findings.push(thickVolume({ fullName, volumeGroup, kind: 'linear' }, this.#lvmd()));
      return { volumeHandle };
    }
    const left = snapshotsLeft(pool, volume.sizeBytes);
    const logicalVolume = await this.volumes.facts(volume);
    return { volumeHandle, logicalVolume, pool, ...(left === undefined ? {} : { snapshotsLeft: left }) };
  }

  /** The pool of each thin device class. */
  async #pools(): Promise<ReadonlyMap<string, ThinPoolFacts>> {
    const thin = this.device.pool.classes.filter(({ type }) => type === 'thin');
    return new Map(await Promise.all(thin.map(async (one) => [one.name, await this.#factsOf(one)] as const)));
  }

  async #factsOf(deviceClass: DeviceClass): Promise<ThinPoolFacts> {
    const { pool } = this.device;
    const { name, sizeBytes, overprovisionRatio } = deviceClass;
    const volumes = pool.list().filter((volume) => volume.deviceClass === name);
    const used = await Promise.all(volumes.map((volume) => pool.usedBytes(volume)));
    const dataPercent = percent(
      used.reduce((sum, bytes) => sum + bytes, 0),
      sizeBytes,
    );
    return {
      volumeGroup,
      pool: poolName,
      sizeBytes,
      dataPercent,
      metadataPercent: 0,
      virtualBytes: pool.virtualBytes(deviceClass),
      health: dataPercent < 100 ? 'ok' : 'data-full',
      chunkBytes,
      zeroing: true,
      whenFull: 'error',
      budget: { deviceClass: name, overprovisionRatio, freeBytes: pool.freeBytes(deviceClass) },
    };
  }

  /** There is no lvmd; the device classes are what it would be told. */
  #lvmd(): LvmdFacts {
    const { classes } = this.device.pool;
    const deviceClasses = classes.map((one, index): DeviceClassFacts => {
      const common = { name: one.name, volumeGroup, default: index === 0 };
      return one.type === 'thick'
        ? { ...common, type: 'thick', spareBytes: 0 }
        : { ...common, type: 'thin', pool: poolName, overprovisionRatio: one.overprovisionRatio };
    });
    return { state: 'known', path: '/dev/null', deviceClasses };
  }
}
