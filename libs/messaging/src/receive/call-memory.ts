import type { Outcome } from '@snapfleet/contracts';

const mostRemembered = 512;

/**
 * The calls of device-local commands that run or ended lately, by their reply subject. A caller that has heard nothing
 * publishes its command again; this keeps the repetition from running a second time beside or after the first.
 */
export class CallMemory {
  private readonly running = new Set<string>();
  private readonly ended = new Map<string, Outcome<unknown>>();

  /** Whether the call runs now; its own end will answer the caller. */
  isRunning(replyTo: string): boolean {
    return this.running.has(replyTo);
  }

  /** The outcome of a call that ended lately. */
  recall(replyTo: string): Outcome<unknown> | undefined {
    return this.ended.get(replyTo);
  }

  /** Runs a call and remembers its outcome; a rejection is not remembered. */
  async run(replyTo: string, work: () => Promise<Outcome<unknown>>): Promise<Outcome<unknown>> {
    this.running.add(replyTo);
    try {
      const outcome = await work();
      this.ended.set(replyTo, outcome);
      const oldest = this.ended.keys().next();
      if (this.ended.size > mostRemembered && oldest.done !== true) this.ended.delete(oldest.value);
      return outcome;
    } finally {
      this.running.delete(replyTo);
    }
  }
}
