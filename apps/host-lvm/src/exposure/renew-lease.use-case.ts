import { SnapfleetError } from '@snapfleet/contracts';
import type { LeaseTable } from './lease-table.js';

/** Moves the end of a lease. */
export class RenewLease {
  constructor(private readonly leases: LeaseTable) {}

  /** @throws {SnapfleetError} lease_not_found */
  run(leaseId: string, leaseSeconds: number): Date {
    const expiresAt = this.leases.renew(leaseId, leaseSeconds);
    if (expiresAt !== undefined) return expiresAt;
    throw new SnapfleetError('lease_not_found', `The lease ${leaseId} has ended or was never given`);
  }
}
