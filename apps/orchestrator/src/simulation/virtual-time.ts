import type { Clock } from '../operations/operation-runner.js';

interface Planned {
  readonly at: number;
  readonly order: number;
  readonly work: () => void;
}

const begin = Date.parse('2026-01-01T00:00:00Z');

/** Time that passes only from one planned event to the next. */
export class VirtualTime implements Clock {
  private planned: Planned[] = [];
  private order = 0;
  /** Milliseconds since the beginning. */
  elapsedMs = 0;

  now(): Date {
    return new Date(begin + this.elapsedMs);
  }

  /** Plans something; the function that is returned takes it off the plan. */
  after(delayMs: number, work: () => void): () => void {
    const event = { at: this.elapsedMs + delayMs, order: (this.order += 1), work };
    const index = this.planned.findIndex(({ at }) => at > event.at);
    this.planned.splice(index < 0 ? this.planned.length : index, 0, event);
    return () => {
      this.planned = this.planned.filter((other) => other !== event);
    };
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const forget = this.after(milliseconds, resolve);
      signal.addEventListener('abort', () => {
        forget();
        reject(new Error('the sleep was ended'));
      });
    });
  }

  /** Goes to the next planned event and runs it; false when there is none. */
  async step(): Promise<boolean> {
    // Everything that follows from the last event without waiting for time has happened after one turn of the loop.
    await new Promise((resolve) => setImmediate(resolve));
    const next = this.planned.shift();
    if (next === undefined) return false;
    this.elapsedMs = next.at;
    next.work();
    return true;
  }
}
