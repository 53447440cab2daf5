import {
  SnapfleetError,
  type DataOf,
  type LogicalVolumeFacts,
  type ReplyOf,
  type VolumeExpose,
} from '@snapfleet/contracts';
import type { EmbeddedDevice } from '../embedded-device.js';
import type { ThinVolume } from '../storage/thin-pool.js';
import { percent, poolName, volumeGroup } from './embedded-names.js';
import { lvUuidOf } from './host-removal.js';

/** What host-lvm does on a real device: finds volumes, and hands them out under leases. */
export class HostVolumes {
  constructor(private readonly device: EmbeddedDevice) {}

  /** @throws SnapfleetError volume_not_found, volume_not_thin */
  async locate(handle: string): Promise<LogicalVolumeFacts> {
    return this.facts(this.#find(handle));
  }

  /** @throws SnapfleetError volume_not_found, volume_not_thin, mount_failed */
  async expose(request: DataOf<typeof VolumeExpose>): Promise<ReplyOf<typeof VolumeExpose>> {
    const volume = this.#find(request.volumeHandle);
    if (request.volumeMode === 'Block') {
      const why = `volume ${volume.handle} is a directory: an embedded device has no block volumes`;
      throw new SnapfleetError('mount_failed', why, { retryable: false });
    }
    const expiresAt = this.device.leases.give(request.leaseKey, volume.handle, request.leaseSeconds);
    return {
      leaseId: request.leaseKey,
      path: volume.path,
      expiresAt: expiresAt.toISOString(),
      mountOptions: [],
      cleanLog: true,
      logicalVolume: await this.facts(volume),
    };
  }

  renew(leaseId: string, seconds: number): Date {
    return this.device.leases.renew(leaseId, seconds);
  }

  conceal(leaseId: string): boolean {
    return this.device.leases.end(leaseId);
  }

  /** What lvs would report of a volume. */
  async facts(volume: ThinVolume): Promise<LogicalVolumeFacts> {
    const usedBytes = await this.device.pool.usedBytes(volume);
    return {
      volumeGroup,
      logicalVolume: volume.handle,
      lvUuid: lvUuidOf(volume.handle),
      path: volume.path,
      pool: poolName,
      origin: this.device.pool.find(volume.origin) === undefined ? '' : volume.origin,
      sizeBytes: volume.sizeBytes,
      mappedPercent: percent(usedBytes, volume.sizeBytes),
      access: volume.access,
      active: true,
    };
  }

  #find(handle: string): ThinVolume {
    const volume = this.device.pool.find(handle);
    if (volume === undefined) {
      throw new SnapfleetError('volume_not_found', `no volume ${handle} exists on this device`);
    }
    if (this.device.pool.classOf(volume.deviceClass).type === 'thin') return volume;
    throw new SnapfleetError('volume_not_thin', `volume ${handle} is of the thick device class ${volume.deviceClass}`);
  }
}
