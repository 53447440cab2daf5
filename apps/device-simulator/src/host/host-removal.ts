import {
  LvUuid,
  SnapfleetError,
  type DataOf,
  type ReplyOf,
  type VolumeDestroy,
  type VolumeInventory,
} from '@snapfleet/contracts';
import type { EmbeddedDevice } from '../embedded-device.js';
import type { ThinVolume } from '../storage/thin-pool.js';
import { poolName, volumeGroup } from './embedded-names.js';

const pageSize = 500;
const proofAgeMs = 60_000;
const clockSlackMs = 5_000;

/** Lists and removes volumes as host-lvm does it on a real device. */
export class HostRemoval {
  constructor(private readonly device: EmbeddedDevice) {}

  inventory(after: string | undefined): ReplyOf<typeof VolumeInventory> {
    const all = this.device.pool
      .list()
      .filter((volume) => this.#isThin(volume) && (after === undefined || volume.handle > after))
      .toSorted((one, other) => (one.handle < other.handle ? -1 : 1));
    const page = all.slice(0, pageSize);
    const last = all.length > pageSize ? page.at(-1)?.handle : undefined;
    return {
      volumes: page.map(({ handle, sizeBytes, access }) => ({
        volumeGroup,
        logicalVolume: handle,
        lvUuid: lvUuidOf(handle),
        pool: poolName,
        sizeBytes,
        access,
        active: true,
        open: false,
        leased: this.device.leases.isLeased(handle),
      })),
      ...(last === undefined ? {} : { next: last }),
    };
  }

  /** @throws SnapfleetError volume_not_thin, volume_replaced, volume_in_use, proof_expired */
  async destroy(request: DataOf<typeof VolumeDestroy>): Promise<ReplyOf<typeof VolumeDestroy>> {
    const { volumeHandle, lvUuid, dryRun } = request;
    const volume = this.device.pool.find(volumeHandle);
    if (volume === undefined) return { proof: [`there is no volume ${volumeHandle}`], removed: false };
    if (!this.#isThin(volume)) throw new SnapfleetError('volume_not_thin', `volume ${volumeHandle} is not thin`);
    if (lvUuidOf(volumeHandle) !== lvUuid) {
      throw new SnapfleetError('volume_replaced', `volume ${volumeHandle} has another UUID than ${lvUuid}`);
    }
    if (this.device.leases.isLeased(volumeHandle)) {
      throw new SnapfleetError('volume_in_use', `a lease is on volume ${volumeHandle}`);
    }
    const ageMs = Date.now() - Date.parse(request.provenAt);
    if (!(ageMs <= proofAgeMs && ageMs >= -clockSlackMs)) {
      throw new SnapfleetError('proof_expired', `the proof of ${request.provenAt} is not of the last minute`);
    }
    const proof = [`volume ${volumeHandle} is thin, and no lease is on it`];
    if (dryRun) return { proof, removed: false };
    await this.device.pool.remove(volumeHandle);
    return { proof, removed: true };
  }

  #isThin({ deviceClass }: ThinVolume): boolean {
    return this.device.pool.classOf(deviceClass).type === 'thin';
  }
}

/** What LVM would know the volume by: of an embedded device, its handle in the form of a UUID of LVM. */
export function lvUuidOf(handle: string): LvUuid {
  const digits = handle.replaceAll('-', '');
  return LvUuid.parse(digits.replace(/^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})(.{6})$/, '$1-$2-$3-$4-$5-$6-$7'));
}
