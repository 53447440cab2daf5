import type { LvUuid, VolumeHandle } from '@snapfleet/contracts';
import type { ReportedVolume } from '@snapfleet/lvm';
import type { VolumeStore } from '../exposure/host-ports.js';

/** The logical volumes of the host, as far as they are listed and removed. Every method throws SnapfleetError lvm_failed. */
export interface RemovableVolumes extends Pick<VolumeStore, 'find' | 'byUuid'> {
  /** All thin volumes of the groups that are looked at, by full name. */
  thinVolumes(): Promise<readonly ReportedVolume[]>;
  /**
   * Removes the thin volume of this name and identity; one that LVM does not have any more is a success.
   * @param expectProven throws where the removal may not be started any more; asked right before it is
   * @throws LockHeldError
   */
  remove(handle: VolumeHandle, lvUuid: LvUuid, expectProven: () => void): Promise<void>;
}
