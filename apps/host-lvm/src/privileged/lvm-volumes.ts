import type { LvUuid, VolumeHandle } from '@snapfleet/contracts';
import {
  activation,
  deactivation,
  findThinVolume,
  parseVolumeGroupNames,
  parseVolumes,
  poolFacts,
  removal,
  thinVolumes,
  thinVolumesOf,
  volumeGroups,
  volumeOfUuid,
  volumesOfHandle,
  type PoolFacts,
  type ReportedVolume,
} from '@snapfleet/lvm';
import type { VolumeStore } from '../exposure/host-ports.js';
import type { RemovableVolumes } from '../removal/removable-volumes.js';
import type { LvmQueue } from './lvm-queue.js';

/** The logical volumes of this host, by lvm2. */
export class LvmVolumes implements VolumeStore, RemovableVolumes {
  constructor(
    private readonly lvm: LvmQueue,
    private readonly groups: readonly string[] | undefined,
  ) {}

  async find(handle: VolumeHandle): Promise<ReportedVolume> {
    return findThinVolume(parseVolumes(await this.lvm.run('lvs', volumesOfHandle(handle))), handle, this.groups);
  }

  async byUuid(lvUuid: string): Promise<ReportedVolume | undefined> {
    return parseVolumes(await this.lvm.run('lvs', volumeOfUuid(lvUuid)))[0];
  }

  async pools(): Promise<PoolFacts[]> {
    return poolFacts(parseVolumes(await this.lvm.run('lvs', thinVolumes)), this.groups);
  }

  async thinVolumes(): Promise<readonly ReportedVolume[]> {
    return thinVolumesOf(parseVolumes(await this.lvm.run('lvs', thinVolumes)), this.groups);
  }

  async remove(handle: VolumeHandle, lvUuid: LvUuid): Promise<void> {
    await this.lvm.run('lvremove', removal(handle, lvUuid));
  }

  async missingGroups(): Promise<readonly string[]> {
    if (this.groups === undefined) return [];
    const existing = parseVolumeGroupNames(await this.lvm.run('vgs', volumeGroups));
    return this.groups.filter((group) => !existing.includes(group));
  }

  async activate(volume: ReportedVolume): Promise<void> {
    await this.lvm.run('lvchange', activation(volume));
  }

  async deactivate(volume: ReportedVolume): Promise<void> {
    await this.lvm.run('lvchange', deactivation(volume));
  }
}
