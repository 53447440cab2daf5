import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const preload = new URL('movable-clock-preload.mjs', import.meta.url);

/** The wall clock of processes of ours. Timers and uptime go on as they do where an administrator sets the clock. */
export class MovableClock {
  /** For the processes that are to have this clock. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #file: string;

  constructor(directory: string) {
    this.#file = join(directory, 'clock');
    this.set(0);
    this.environment = { NODE_OPTIONS: `--import=${preload.href}`, MOVABLE_CLOCK_FILE: this.#file };
  }

  /** Sets it to so many milliseconds after the right time, at all processes within a moment. */
  set(offsetMs: number): void {
    writeFileSync(`${this.#file}.new`, String(offsetMs), { mode: 0o644 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}
