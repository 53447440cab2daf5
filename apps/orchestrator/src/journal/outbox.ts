import { z } from 'zod';
import type { Journal } from './journal.js';

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
}

/** Events are written here in the transaction that makes them true, and published afterwards, in order. */
export class Outbox {
  constructor(private readonly journal: Journal) {}

  /** An event of an id that is here already is not added again. */
  add(entry: Omit<OutboxEntry, 'sequence'>): void {
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
      const { sequence, event_id, name, data, workflow_id, causation_id, subject, traceparent, time } = Row.parse(row);
      return {
        sequence,
        eventId: event_id,
        name,
        data: JSON.parse(data) as unknown,
        workflowId: workflow_id,
        causationId: causation_id,
        subject: subject ?? undefined,
        traceparent: traceparent ?? undefined,
        time: new Date(time),
      };
    });
  }

  markPublished(sequence: number): void {
    this.journal.database.prepare('UPDATE outbox SET published = 1 WHERE sequence = ?').run(sequence);
  }
}
