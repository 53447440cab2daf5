import { currentBootId } from '../privileged/process-identity.js';
import type { ExposureLock } from './exposure-lock.js';
import type { Holders, HostLog, VolumeStore } from './host-ports.js';
import type { LeaseJournal, OpenLease } from './lease-journal.js';
import type { LeaseTable } from './lease-table.js';

/** What sweeping needs of the host and of the service. */
export interface SweepParts {
  readonly journal: LeaseJournal;
  readonly leases: LeaseTable;
  readonly lock: ExposureLock;
  readonly holders: Holders;
  readonly volumes: VolumeStore;
  readonly log: HostLog;
}

/**
 * Undoes what a killed service or a failed step left behind: only holders and activations that the journal says are ours.
 * What cannot be undone now stays in the journal for the next time.
 */
export class SweepLeftovers {
  constructor(
    private readonly parts: SweepParts,
    private readonly bootId: () => string = currentBootId,
  ) {}

  async run(): Promise<void> {
    const { journal, lock, log } = this.parts;
    for (const { leaseId, volumeHandle, fullName } of journal.openLeases)
      await lock.lease(leaseId, () =>
        lock.volume(volumeHandle, async () => {
          // Looked up again: it may have been in the middle of its exposure until the locks were free.
          const leftover = journal.openLeases.find((lease) => lease.leaseId === leaseId);
          if (leftover === undefined || this.parts.leases.get(leaseId) !== undefined) return;
          try {
            await this.#undo(leftover);
            log.info('leftover.removed', { leaseId, volume: fullName });
          } catch (error) {
            log.error('leftover.kept', { leaseId, volume: fullName, message: String(error) });
          }
        }),
      );
  }

  async #undo(lease: OpenLease): Promise<void> {
    const { holders, volumes, leases, journal } = this.parts;
    if (lease.holder !== undefined) await holders.endLeftover(lease.holder);
    // After a boot nothing of ours is active; what is active then was activated by the system.
    const ours = lease.activates && lease.bootId === this.bootId();
    if (ours && leases.sharing(lease.lvUuid, lease.leaseId).length === 0) {
      const volume = await volumes.byUuid(lease.lvUuid);
      if (volume?.active === true) await volumes.deactivate(volume);
    }
    await journal.write({ event: 'concealed', leaseId: lease.leaseId });
  }
}
