import type { RestorePointId } from '@snapfleet/contracts';
import { z } from 'zod';
import type { FactPlace } from '../facts/fact.js';
import type { JournalDatabase } from './journal.js';

const Row = z.object({ stream: z.string(), sequence: z.number() });

/** Where the fact stood that was taken last about each part of a restore point; kept beyond its deletion. */
export class FactPlaceStore {
  constructor(private readonly journal: JournalDatabase) {}

  find(restorePointId: RestorePointId, topic: string): FactPlace | undefined {
    const row = this.journal.database
      .prepare('SELECT stream, sequence FROM fact_place WHERE restore_point_id = ? AND topic = ?')
      .get(restorePointId, topic);
    return row === undefined ? undefined : Row.parse(row);
  }

  /** Belongs into the transaction that takes the fact. */
  save(restorePointId: RestorePointId, topic: string, { stream, sequence }: FactPlace): void {
    this.journal.database
      .prepare(
        `INSERT INTO fact_place (restore_point_id, topic, stream, sequence) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET stream = excluded.stream, sequence = excluded.sequence`,
      )
      .run(restorePointId, topic, stream, sequence);
  }
}
