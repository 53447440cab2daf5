import type { HostLog, VolumeStore, Holder } from './host-ports.js';
import type { LeaseJournal } from './lease-journal.js';
import type { LeaseTable } from './lease-table.js';

/** What has to be undone. */
export interface Exposure {
  readonly leaseId: string;
  readonly lvUuid: string;
  readonly activates: boolean;
  readonly holder: Holder | undefined;
}

/** Undoes an exposure: mount, holder, and the activation unless another lease needs it. Safe to repeat. */
export class EndExposure {
  constructor(
    private readonly volumes: VolumeStore,
    private readonly leases: LeaseTable,
    private readonly journal: LeaseJournal,
    private readonly log: HostLog,
  ) {}

  /** @throws {SnapfleetError} lvm_failed, such as when a reader still has the device open. */
  async run(exposure: Exposure): Promise<void> {
    const { leaseId, lvUuid, activates, holder } = exposure;
    if (holder !== undefined) {
      await holder.unmount().catch((error: unknown) => {
        // The end of the holder removes the mount too, as soon as the reader closes its files.
        this.log.warn('volume.unmount-failed', { leaseId, message: String(error) });
      });
      await holder.end();
    }
    if (activates && this.leases.sharing(lvUuid, leaseId).length === 0) await this.#deactivate(lvUuid);
    await this.journal.write({ event: 'concealed', leaseId });
  }

  async #deactivate(lvUuid: string): Promise<void> {
    const volume = await this.volumes.byUuid(lvUuid);
    if (volume?.active === true) await this.volumes.deactivate(volume);
  }
}
