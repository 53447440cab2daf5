import type { BootClock } from '../time/boot-clock.js';

interface Sleeper {
  readonly wakeMs: number;
  readonly wake: () => void;
}

const settleTurns = 20;

/** A machine's clocks that move only when a test says so. */
export class VirtualClock implements BootClock {
  bootId = 'boot-1';
  private sleepers: Sleeper[] = [];
  private upMs = 1_000_000;
  private wallMs = Date.parse('2026-11-23T12:00:00Z');

  uptimeMs(): number {
    return this.upMs;
  }

  now(): Date {
    return new Date(this.wallMs);
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const sleeper = { wakeMs: this.upMs + milliseconds, wake: resolve };
      this.sleepers.push(sleeper);
      const end = (): void => {
        this.sleepers = this.sleepers.filter((other) => other !== sleeper);
        reject(new Error('the sleep was ended'));
      };
      if (signal.aborted) end();
      else signal.addEventListener('abort', end);
    });
  }

  /** Lets time pass; whoever sleeps wakes in order, and does all that needs no time. */
  async advance(milliseconds: number): Promise<void> {
    const endMs = this.upMs + milliseconds;
    await settle();
    for (;;) {
      const [next] = this.sleepers.filter(({ wakeMs }) => wakeMs <= endMs).sort((one, two) => one.wakeMs - two.wakeMs);
      if (next === undefined) break;
      this.move(Math.max(0, next.wakeMs - this.upMs));
      this.sleepers = this.sleepers.filter((other) => other !== next);
      next.wake();
      await settle();
    }
    this.move(endMs - this.upMs);
  }

  /** Somebody sets the clock of the device. */
  jump(milliseconds: number): void {
    this.wallMs += milliseconds;
  }

  /** The machine is off for a while, and begins to count again. */
  reboot(offMs: number): void {
    this.bootId = `${this.bootId}+`;
    this.sleepers = [];
    this.upMs = 20_000;
    this.wallMs += offMs;
  }

  private move(milliseconds: number): void {
    this.upMs += milliseconds;
    this.wallMs += milliseconds;
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < settleTurns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
