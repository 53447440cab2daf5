import { type ErrorDetail, SnapfleetError } from '@snapfleet/contracts';
import type { Clock } from '../operations/operation-runner.js';

/** How the last scan went. */
export interface ScanReport {
  /** The last one that succeeded since the service runs. */
  readonly scannedAt: Date | undefined;
  /** Why the last one did not succeed. */
  readonly problem: ErrorDetail | undefined;
}

interface ReconcilerParts {
  readonly scan: { run(signal: AbortSignal): Promise<void> };
  readonly clock: Clock;
  /** Between two scans; 0: only on demand. */
  readonly intervalMs: number;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
}

/** The other services may still be starting. */
const firstAfterMs = 60_000;

/** Scans from time to time, and on demand; one scan at a time. */
export class OrphanReconciler {
  private readonly stopping = new AbortController();
  private last: Promise<void> = Promise.resolve();
  private loop: Promise<void> = Promise.resolve();
  private outcome: ScanReport = { scannedAt: undefined, problem: undefined };

  constructor(private readonly parts: ReconcilerParts) {}

  get lastScan(): ScanReport {
    return this.outcome;
  }

  start(): void {
    if (this.parts.intervalMs > 0) this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
    await this.last;
  }

  /** Scans after the scan that is under way, if any; how it went is in `lastScan`. */
  async scanNow(): Promise<ScanReport> {
    this.last = this.last.then(() => this.scan());
    await this.last;
    return this.outcome;
  }

  private async run(): Promise<void> {
    const { clock, intervalMs } = this.parts;
    const { signal } = this.stopping;
    for (let delayMs = Math.min(firstAfterMs, intervalMs); ; delayMs = intervalMs) {
      await clock.sleep(delayMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      await this.scanNow();
    }
  }

  private async scan(): Promise<void> {
    const { scan, clock, report } = this.parts;
    if (this.stopping.signal.aborted) return;
    try {
      await scan.run(this.stopping.signal);
      this.outcome = { scannedAt: clock.now(), problem: undefined };
    } catch (error) {
      // The service stops.
      if (error instanceof SnapfleetError && error.code === 'interrupted') return;
      report('orphans.scan-failed', { error });
      this.outcome = { ...this.outcome, problem: SnapfleetError.from(error).toDetail() };
    }
  }
}
