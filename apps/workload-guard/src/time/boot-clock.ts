/** The guard's hold on time. Decisions are made by the time since the boot, which nobody can set. */
export interface BootClock {
  /** Identity of this boot of the machine. */
  readonly bootId: string;
  /** Milliseconds since the boot, suspended ones included. */
  uptimeMs(): number;
  /** The clock of the device, which may be wrong and may jump: for people, and to compare across a boot. */
  now(): Date;
  /** @throws Error when the signal is aborted first */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}
