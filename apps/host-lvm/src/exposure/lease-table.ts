import type { HeldLease, Lease } from './lease.js';

interface Row {
  readonly lease: Lease;
  expiresAt: Date;
  ending: boolean;
  timer: NodeJS.Timeout;
}

/** The leases that are given, and the timers that end them. */
export class LeaseTable {
  readonly #rows = new Map<string, Row>();
  #onEnd: (leaseId: string) => void = () => undefined;

  constructor(private readonly now: () => Date = () => new Date()) {}

  /** Who is told when the time of a lease is over. */
  onEnd(listener: (leaseId: string) => void): void {
    this.#onEnd = listener;
  }

  get count(): number {
    return this.#rows.size;
  }

  get(leaseId: string): HeldLease | undefined {
    const row = this.#rows.get(leaseId);
    return row === undefined ? undefined : { ...row.lease, expiresAt: row.expiresAt, ending: row.ending };
  }

  all(): readonly Lease[] {
    return [...this.#rows.values()].map((row) => row.lease);
  }

  /** The other leases of the same logical volume. */
  sharing(lvUuid: string, leaseId: string): readonly Lease[] {
    return this.all().filter((lease) => lease.logicalVolume.lvUuid === lvUuid && lease.leaseId !== leaseId);
  }

  add(lease: Lease, leaseSeconds: number): Date {
    const expiresAt = this.#endIn(leaseSeconds);
    this.#rows.set(lease.leaseId, { lease, expiresAt, ending: false, timer: this.#timer(lease.leaseId, leaseSeconds) });
    return expiresAt;
  }

  /** The new end, or undefined when there is no such lease or it is ending. */
  renew(leaseId: string, leaseSeconds: number): Date | undefined {
    const row = this.#rows.get(leaseId);
    if (row === undefined || row.ending) return undefined;
    clearTimeout(row.timer);
    row.timer = this.#timer(leaseId, leaseSeconds);
    row.expiresAt = this.#endIn(leaseSeconds);
    return row.expiresAt;
  }

  /** From now on it cannot be renewed; asks for its end again after this time, unless it is removed before. */
  beginEnd(leaseId: string, retrySeconds: number): void {
    const row = this.#rows.get(leaseId);
    if (row === undefined) return;
    row.ending = true;
    clearTimeout(row.timer);
    row.timer = this.#timer(leaseId, retrySeconds);
  }

  remove(leaseId: string): void {
    const row = this.#rows.get(leaseId);
    if (row !== undefined) clearTimeout(row.timer);
    this.#rows.delete(leaseId);
  }

  #endIn(seconds: number): Date {
    return new Date(this.now().getTime() + seconds * 1000);
  }

  #timer(leaseId: string, seconds: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#onEnd(leaseId);
    }, seconds * 1000);
  }
}
