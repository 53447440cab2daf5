import { setTimeout as sleep } from 'node:timers/promises';

/** Waits that double, with jitter so that clients of a restarted server do not all come back at once. */
export class BackOff {
  #nextMs: number;

  constructor(
    private readonly firstMs: number,
    private readonly largestMs: number,
  ) {
    this.#nextMs = firstMs;
  }

  /** Begins again with the shortest wait. */
  reset(): void {
    this.#nextMs = this.firstMs;
  }

  /**
   * Waits between half and the whole of the current length.
   * @throws the signal's AbortError
   */
  async wait(signal: AbortSignal | undefined): Promise<void> {
    const waitMs = this.#nextMs * (0.5 + Math.random() / 2);
    this.#nextMs = Math.min(this.#nextMs * 2, this.largestMs);
    await sleep(waitMs, undefined, signal === undefined ? {} : { signal });
  }
}
