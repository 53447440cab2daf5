import type { LeaseJournal } from '../exposure/lease-journal.js';
import type { LeaseTable } from '../exposure/lease-table.js';

/** Whether a lease is on the volume, or one that has ended could not be undone yet. */
export function isLeased(lvUuid: string, leases: LeaseTable, journal: LeaseJournal): boolean {
  return (
    leases.all().some(({ logicalVolume }) => logicalVolume.lvUuid === lvUuid) ||
    journal.openLeases.some((lease) => lease.lvUuid === lvUuid)
  );
}
