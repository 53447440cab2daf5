import type { EndExposure } from './end-exposure.js';
import type { ExposureLock } from './exposure-lock.js';
import type { HostLog } from './host-ports.js';
import type { Lease } from './lease.js';
import type { LeaseTable } from './lease-table.js';

/** After this time the end of a lease that could not be ended is tried again. */
const retrySeconds = 30;

/** Ends leases: on request, when their time is over, and when their holder has died. */
export class ConcealVolume {
  constructor(
    private readonly leases: LeaseTable,
    private readonly lock: ExposureLock,
    private readonly endExposure: EndExposure,
    private readonly log: HostLog,
  ) {
    leases.onEnd((leaseId) => {
      this.#endBecause(leaseId, 'its time is over');
    });
  }

  /**
   * Ends the lease; false when there is none.
   * @throws {SnapfleetError} lvm_failed: the lease is kept and its end is tried again.
   */
  async run(leaseId: string): Promise<boolean> {
    const known = this.leases.get(leaseId);
    if (known === undefined) return false;
    return await this.lock.volume(known.volumeHandle, async () => {
      const lease = this.leases.get(leaseId);
      if (lease === undefined) return false;
      await this.end(lease);
      return true;
    });
  }

  /** Ends the lease; for those who hold the lock of its volume. */
  async end(lease: Lease): Promise<void> {
    const { leaseId, activates, holder } = lease;
    this.leases.beginEnd(leaseId, retrySeconds);
    await this.endExposure.run({ leaseId, activates, holder, lvUuid: lease.logicalVolume.lvUuid });
    this.leases.remove(leaseId);
    lease.mounted?.errors.stop();
    this.log.info('volume.concealed', { leaseId, volume: lease.logicalVolume.logicalVolume });
  }

  /** A lease without its holder shows nothing any more, so it is ended and cannot be renewed. */
  whenHolderEnds(lease: Lease): void {
    void lease.holder.ended.then(() => {
      const current = this.leases.get(lease.leaseId);
      if (current?.holder === lease.holder && !current.ending) this.#endBecause(lease.leaseId, 'its holder has died');
    });
  }

  /** Ends all leases, as far as possible: for the end of the service. */
  async endAll(): Promise<void> {
    await Promise.all(
      this.leases.all().map(async ({ leaseId }) => {
        await this.run(leaseId).catch((error: unknown) => {
          this.log.warn('lease.end-failed', { leaseId, message: String(error) });
        });
        this.leases.remove(leaseId);
      }),
    );
  }

  #endBecause(leaseId: string, because: string): void {
    this.log.info('lease.ends', { leaseId, because });
    this.run(leaseId).catch((error: unknown) => {
      this.log.warn('lease.end-failed', { leaseId, message: String(error) });
    });
  }
}
