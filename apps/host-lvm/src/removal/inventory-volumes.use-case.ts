import { LvUuid, type ReplyOf, type VolumeInventory } from '@snapfleet/contracts';
import type { LeaseJournal } from '../exposure/lease-journal.js';
import type { LeaseTable } from '../exposure/lease-table.js';
import { isLeased } from './is-leased.js';
import type { RemovableVolumes } from './removable-volumes.js';

const pageSize = 500;

/** Lists the thin volumes of the host, a page at a time. */
export class InventoryVolumes {
  constructor(
    private readonly volumes: Pick<RemovableVolumes, 'thinVolumes'>,
    private readonly leases: LeaseTable,
    private readonly journal: LeaseJournal,
  ) {}

  /** @throws {SnapfleetError} lvm_failed */
  async run(after: string | undefined): Promise<ReplyOf<typeof VolumeInventory>> {
    const all = await this.volumes.thinVolumes();
    const rest = after === undefined ? all : all.filter(({ fullName }) => fullName > after);
    const page = rest.slice(0, pageSize);
    const last = rest.length > pageSize ? page.at(-1)?.fullName : undefined;
    return {
      volumes: page.map((volume) => ({
        volumeGroup: volume.volumeGroup,
        logicalVolume: volume.logicalVolume,
        lvUuid: LvUuid.parse(volume.lvUuid),
        pool: volume.pool,
        sizeBytes: volume.sizeBytes,
        access: volume.access,
        active: volume.active,
        open: volume.open,
        leased: isLeased(volume.lvUuid, this.leases, this.journal),
      })),
      ...(last === undefined ? {} : { next: last }),
    };
  }
}
