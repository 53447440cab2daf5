import { SnapfleetError } from '@snapfleet/contracts';
import type { ThinPool } from '../storage/thin-pool.js';

interface Lease {
  readonly handle: string;
  readonly expiresAt: Date;
  readonly timer: NodeJS.Timeout;
}

/** Who reads which volume until when. A volume with a lease cannot be removed, as a mounted one cannot. */
export class VolumeLeases {
  readonly #leases = new Map<string, Lease>();

  constructor(private readonly pool: ThinPool) {}

  get count(): number {
    return this.#leases.size;
  }

  isLeased(volumeHandle: string): boolean {
    return [...this.#leases.values()].some(({ handle }) => handle === volumeHandle);
  }

  /** Gives a lease, or moves the end of the one with this id. */
  give(leaseId: string, handle: string, seconds: number): Date {
    const present = this.#leases.get(leaseId);
    if (present !== undefined && present.handle !== handle) this.end(leaseId);
    clearTimeout(present?.timer);
    const expiresAt = new Date(Date.now() + seconds * 1000);
    const timer = setTimeout(() => {
      this.end(leaseId);
    }, seconds * 1000);
    timer.unref();
    this.#leases.set(leaseId, { handle, expiresAt, timer });
    this.pool.setBusy(handle, true);
    return expiresAt;
  }

  /** Moves the end of a lease. @throws SnapfleetError lease_not_found */
  renew(leaseId: string, seconds: number): Date {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined) throw new SnapfleetError('lease_not_found', `lease ${leaseId} does not exist`);
    return this.give(leaseId, lease.handle, seconds);
  }

  /** Ends a lease; returns whether there was one. */
  end(leaseId: string): boolean {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined) return false;
    clearTimeout(lease.timer);
    this.#leases.delete(leaseId);
    this.pool.setBusy(
      lease.handle,
      [...this.#leases.values()].some(({ handle }) => handle === lease.handle),
    );
    return true;
  }

  endAll(): void {
    for (const leaseId of [...this.#leases.keys()]) this.end(leaseId);
  }
}
