import { SnapfleetError, type LvUuid, type VolumeHandle } from '@snapfleet/contracts';
import {
  activation,
  deactivation,
  findThinVolume,
  parseVolumeGroupNames,
  parseVolumes,
  removal,
  thinVolumes,
  thinVolumesOf,
  unreadableVolume,
  volumeGroups,
  volumeOfUuid,
  volumesForSurvey,
  volumesOfHandle,
  wasRefusedLock,
  type ReportedVolume,
  type VolumeReport,
} from '@snapfleet/lvm';
import { ProgramError } from '@snapfleet/process';
import type { VolumeStore } from '../exposure/host-ports.js';
import { LockHeldError } from '../removal/lock-held-error.js';
import type { RemovableVolumes } from '../removal/removable-volumes.js';
import type { ReportSource } from '../survey/survey-volumes.use-case.js';
import type { LvmQueue } from './lvm-queue.js';

/** The logical volumes of this host, by lvm2. */
export class LvmVolumes implements VolumeStore, RemovableVolumes, ReportSource {
  constructor(
    private readonly lvm: LvmQueue,
    private readonly groups: readonly string[] | undefined,
  ) {}

  async find(handle: VolumeHandle): Promise<ReportedVolume> {
    return findThinVolume(parseVolumes(await this.lvm.run('lvs', volumesOfHandle(handle))), handle, this.groups);
  }

  async byUuid(lvUuid: string): Promise<ReportedVolume | undefined> {
    const { volumes, unreadable } = parseVolumes(await this.lvm.run('lvs', volumeOfUuid(lvUuid)));
    for (const row of unreadable) throw unreadableVolume(row);
    return volumes[0];
  }

  async report(handles: readonly VolumeHandle[]): Promise<VolumeReport> {
    const argv = handles.length === 0 ? thinVolumes : volumesForSurvey(handles);
    return parseVolumes(await this.lvm.run('lvs', argv));
  }

  async thinVolumes(): Promise<readonly ReportedVolume[]> {
    return thinVolumesOf(parseVolumes(await this.lvm.run('lvs', thinVolumes)), this.groups);
  }

  async remove(handle: VolumeHandle, lvUuid: LvUuid, expectProven: () => void): Promise<void> {
    try {
      await this.lvm.run('lvremove', removal(handle, lvUuid), expectProven);
    } catch (error) {
      const cause = error instanceof SnapfleetError ? error.cause : undefined;
      if (cause instanceof ProgramError && wasRefusedLock(cause.exitCode, cause.stderr)) throw new LockHeldError(cause);
      throw error;
    }
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
