import { setTimeout as wait } from 'node:timers/promises';
import { type ReplyOf, SnapfleetError, VolumeRenew } from '@snapfleet/contracts';
import type { AgentCaller } from './agent-caller.js';

/** How long a lease lasts from when it was given or renewed. */
export const leaseSeconds = 600;

const renewEveryMs = 100_000;
const renewDeadlineMs = 60_000;

/** A lease that was given, while its volume is read. */
export class HeldLease {
  #endsMs: number;

  /** @param askedMs when it was asked for, by `performance.now`: it ends no earlier than that long after */
  constructor(
    private readonly agent: AgentCaller,
    private readonly leaseId: string,
    askedMs: number,
  ) {
    this.#endsMs = askedMs + leaseSeconds * 1000;
  }

  /** Resolves when the work is over; rejects when the lease is lost. */
  async keep(over: AbortSignal): Promise<void> {
    const isOver = (): boolean => over.aborted;
    for (;;) {
      await wait(renewEveryMs, undefined, { signal: over, ref: false }).catch(() => undefined);
      if (isOver()) return;
      try {
        await this.renew(over);
      } catch (thrown) {
        if (isOver()) return;
        const error = SnapfleetError.from(thrown);
        if (!error.retryable || this.isPast()) throw this.lost(error.message, error);
      }
    }
  }

  /** @throws SnapfleetError `source_unreadable`; `lease_not_found`, to be tried again; what a service answered */
  async confirmIntact(signal: AbortSignal): Promise<void> {
    const { damage } = await this.renew(signal).catch((error: unknown) => {
      if (error instanceof SnapfleetError && error.code === 'lease_not_found') throw this.lost(error.message, error);
      throw error;
    });
    if (damage === undefined) return;
    throw new SnapfleetError('source_unreadable', `The filesystem is damaged, and not all of it was read: ${damage}`);
  }

  /**
   * What an error of the work means: one that says that the source is bad says so only while the lease holds. A process that
   * was stopped past the end of the lease, or whose host-lvm has gone, finds nothing to read either.
   */
  async explain(thrown: unknown, signal: AbortSignal): Promise<unknown> {
    if (signal.aborted || !(thrown instanceof SnapfleetError) || thrown.retryable) return thrown;
    // Another attempt may have the lease by now, so that to renew it proves nothing.
    if (this.isPast()) return this.lost(`it was not renewed in time, and then: ${thrown.message}`, thrown);
    const unproven = await this.renew(signal).then(
      () => undefined,
      (error: unknown) => SnapfleetError.from(error).message,
    );
    return unproven === undefined ? thrown : this.lost(`${unproven}, and before: ${thrown.message}`, thrown);
  }

  private async renew(signal: AbortSignal): Promise<ReplyOf<typeof VolumeRenew>> {
    const askedMs = performance.now();
    const { agent, leaseId } = this;
    const reply = await agent.call(VolumeRenew, { leaseId, leaseSeconds }, { deadlineMs: renewDeadlineMs, signal });
    this.#endsMs = askedMs + leaseSeconds * 1000;
    return reply;
  }

  private isPast(): boolean {
    return performance.now() > this.#endsMs;
  }

  /** To be tried again: the next attempt exposes the volume anew. */
  private lost(why: string, cause: SnapfleetError): SnapfleetError {
    const message = `The lease ${this.leaseId} was lost: ${why}`.slice(0, 4096);
    return new SnapfleetError('lease_not_found', message, { cause, retryable: true });
  }
}
