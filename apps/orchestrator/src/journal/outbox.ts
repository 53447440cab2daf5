import { z } from 'zod';
import type { JournalDatabase, JournalTransactions } from './journal.js';

const Row = z.object({
  sequence: z.number(),
  event_id: z.string(),
  name: z.string(),
  data: z.string(),
  workflow_id: z.string(),
  causation_id: z.string(),
  subject: z.string().nullable(),
  traceparent: z.string().nullable(),
  time: z.string(),
  history: z.number(),
});

/** An event that waits to be published. */
export interface OutboxEntry {
  readonly sequence: number;
  readonly eventId: string;
  readonly name: string;
  readonly data: unknown;
  readonly workflowId: string;
  readonly causationId: string;
  readonly subject: string | undefined;
  readonly traceparent: string | undefined;
  readonly time: Date;
  /** It was told before and is told again only because the stream that had it is gone. */
  readonly history: boolean;
}

/** Events are written here in the transaction that makes them true, and published afterwards, in order. */
export class Outbox {
  constructor(private readonly journal: JournalDatabase & JournalTransactions) {}

  /** An event of an id that is here already is not added again. */
  add(entry: Omit<OutboxEntry, 'sequence' | 'history'>): void {
    this.journal.database
      .prepare(
        `INSERT INTO outbox (event_id, name, data, workflow_id, causation_id, subject, traceparent, time)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      )
      .run(
        entry.eventId,
        entry.name,
        JSON.stringify(entry.data),
        entry.workflowId,
        entry.causationId,
        entry.subject ?? null,
        entry.traceparent ?? null,
        entry.time.toISOString(),
      );
  }

  /** The next ones to publish, in order. */
  waiting(limit: number): OutboxEntry[] {
    const rows = this.journal.database
      .prepare('SELECT * FROM outbox WHERE published = 0 ORDER BY sequence LIMIT ?')
      .all(limit);
    return rows.map((row) => {
      const { event_id, workflow_id, causation_id, subject, traceparent, ...entry } = Row.parse(row);
      return {
        sequence: entry.sequence,
        eventId: event_id,
        name: entry.name,
        data: JSON.parse(entry.data) as unknown,
        workflowId: workflow_id,
        causationId: causation_id,
        subject: subject ?? undefined,
        traceparent: traceparent ?? undefined,
        time: new Date(entry.time),
        history: entry.history === 1,
      };
    });
  }

  /** A former owner may have published into a stream that was lost since: what its successor tells again stays to be told. */
  markPublished(sequence: number): void {
    const { database } = this.journal;
    this.journal.transaction(() =>
      database.prepare('UPDATE outbox SET published = 1 WHERE sequence = ?').run(sequence),
    );
  }

  /** Has everything told again that was told since then, marked as history. Belongs into a transaction. */
  tellAgain(since: Date): number {
    const { changes } = this.journal.database
      .prepare('UPDATE outbox SET published = 0, history = 1 WHERE published = 1 AND time >= ?')
      .run(since.toISOString());
    return Number(changes);
  }

  /** Forgets what was told before then; returns how many that were. */
  prune(before: Date): number {
    const { database } = this.journal;
    const { changes } = this.journal.transaction(() =>
      database.prepare('DELETE FROM outbox WHERE published = 1 AND time < ?').run(before.toISOString()),
    );
    return Number(changes);
  }
}
