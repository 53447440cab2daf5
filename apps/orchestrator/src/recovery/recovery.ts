import type { Clock } from '../operations/operation-runner.js';
import type { AskAgain } from './ask-again.use-case.js';
import type { DeclareLost } from './declare-lost.use-case.js';
import type { TellHistory } from './tell-history.use-case.js';

interface RecoveryParts {
  readonly declarations: Pick<DeclareLost, 'run'>;
  readonly history: Pick<TellHistory, 'run'>;
  readonly work: Pick<AskAgain, 'run'>;
  readonly clock: Clock;
  readonly everyMs: number;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
}

/** Looks from time to time whether the streams still carry what the journal remembers. */
export class Recovery {
  private readonly stopping = new AbortController();
  private loop: Promise<void> = Promise.resolve();

  constructor(private readonly parts: RecoveryParts) {}

  start(): void {
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
  }

  private async run(): Promise<void> {
    const { declarations, history, work, clock, everyMs, report } = this.parts;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        // First: the others ask consumers that have to be there.
        await declarations.run();
        await history.run();
        await work.run();
      } catch (error) {
        report('recovery.failed', { error });
      }
      await clock.sleep(everyMs, signal).catch(() => undefined);
    }
  }
}
