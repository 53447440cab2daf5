import { SnapfleetError } from '@snapfleet/contracts';
import type { LeaseTable } from './lease-table.js';

/** Moves the end of a lease, and tells what the kernel has said of its filesystem. */
export class RenewLease {
  constructor(private readonly leases: LeaseTable) {}

  /** @throws {SnapfleetError} lease_not_found */
  run(leaseId: string, leaseSeconds: number): { readonly expiresAt: Date; readonly damage: string | undefined } {
    const expiresAt = this.leases.renew(leaseId, leaseSeconds);
    if (expiresAt !== undefined) return { expiresAt, damage: this.leases.get(leaseId)?.mounted?.errors.first() };
    throw new SnapfleetError('lease_not_found', `The lease ${leaseId} has ended or was never given`);
  }
}
