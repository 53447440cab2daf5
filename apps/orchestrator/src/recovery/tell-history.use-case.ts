import { streams } from '@snapfleet/contracts';
import type { EventRecorder } from '../journal/event-recorder.js';
import type { Journal } from '../journal/journal.js';
import type { Outbox } from '../journal/outbox.js';
import type { EventStreamState } from './recovery-ports.js';

const streamFact = 'event-stream-made-at';

interface HistoryParts {
  readonly journal: Journal;
  readonly outbox: Outbox;
  readonly events: Pick<EventRecorder, 'flush'>;
  readonly stream: Pick<EventStreamState, 'madeAt'>;
  readonly now: () => Date;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
}

/**
 * JetStream carries, the journal remembers (ADR 0005): where the event stream is another one than before, everything that was
 * told is told again, with the same ids and marked as history. Forgets what the stream does not keep any more either.
 */
export class TellHistory {
  constructor(private readonly parts: HistoryParts) {}

  async run(): Promise<void> {
    const { journal, outbox, events, stream, now, report } = this.parts;
    const keptSince = new Date(now().getTime() - streams.events.maxAgeSeconds * 1000);
    const madeAt = await stream.madeAt();
    if (madeAt === undefined) return;
    const known = journal.fact(streamFact);
    if (known !== madeAt) {
      const count = journal.transaction(() => {
        journal.setFact(streamFact, madeAt);
        return known === undefined ? 0 : outbox.tellAgain(keptSince);
      });
      if (count > 0) report('events.told-again', { count });
      events.flush();
    }
    outbox.prune(keptSince);
  }
}
