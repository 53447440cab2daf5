import type { Report } from '../bring-back/bring-back.js';
import type { BootClock } from '../time/boot-clock.js';
import type { AdoptMarkedUseCase } from './adopt-marked.use-case.js';
import type { DisarmResumedUseCase } from './disarm-resumed.use-case.js';

/** After a start the API server is often not there yet. */
const retryMs = 5_000;

/** Compares timers and workloads at the start, and from time to time. */
export class Rounds {
  private readonly stopping = new AbortController();
  private loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly adoptMarked: Pick<AdoptMarkedUseCase, 'run'>,
    private readonly disarmResumed: Pick<DisarmResumedUseCase, 'run'>,
    private readonly parts: {
      readonly clock: BootClock;
      readonly everyMs: number;
      /** There is a timer that was not there before. */
      readonly onAdopted: () => void;
      readonly report: Report;
    },
  ) {}

  start(): void {
    this.loop = this.go();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
  }

  private async go(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const pauseMs = await this.round(signal);
      await this.parts.clock.sleep(pauseMs, signal).catch(() => undefined);
    }
  }

  private async round(signal: AbortSignal): Promise<number> {
    try {
      await this.disarmResumed.run(signal);
      if ((await this.adoptMarked.run(signal)) > 0) this.parts.onAdopted();
      return this.parts.everyMs;
    } catch (error) {
      if (!signal.aborted) this.parts.report('warn', 'round.failed', { error });
      return retryMs;
    }
  }
}
