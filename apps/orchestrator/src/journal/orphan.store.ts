import { Orphan, type OrphanId, type OrphanRecord } from '@snapfleet/contracts';
import { z } from 'zod';
import type { JournalDatabase } from './journal.js';

const Row = z.object({
  record: z.string(),
  first_seen: z.string(),
  last_seen: z.string(),
  scans: z.number(),
  quarantined_since: z.string().nullable(),
  quarantined_ms: z.number(),
});
type Row = z.infer<typeof Row>;

/** How long a quarantine lasts. */
export interface QuarantineRules {
  readonly quarantineMs: number;
  /** The most that counts from one scan to the next: a clock that jumps, or a device that was off, adds no more. */
  readonly mostPerScanMs: number;
}

/** What the scans have found, from one to the next. */
export class OrphanStore {
  constructor(
    private readonly journal: JournalDatabase,
    private readonly rules: QuarantineRules,
  ) {}

  /**
   * Takes in a scan that saw everything: what it did not see is forgotten. Belongs into a transaction.
   * @param undecided what it saw and did not judge, because an operation is under way: it stays as it was
   * @returns the orphans whose quarantine begins with it
   */
  takeIn(seen: readonly Orphan[], undecided: readonly OrphanId[], now: Date): readonly Orphan[] {
    const ids = new Set<string>([...seen.map(({ orphanId }) => orphanId), ...undecided]);
    for (const { orphanId } of this.all(now)) if (!ids.has(orphanId)) this.remove(orphanId);
    return seen.filter((orphan) => this.see(orphan, now));
  }

  /** The largest of ours first, then the others. */
  all(now: Date): OrphanRecord[] {
    const rows = this.journal.database.prepare('SELECT * FROM orphan').all();
    return rows.map((row) => this.toRecord(Row.parse(row), now)).toSorted(byImportance);
  }

  find(orphanId: OrphanId, now: Date): OrphanRecord | undefined {
    const row = this.journal.database.prepare('SELECT * FROM orphan WHERE orphan_id = ?').get(orphanId);
    return row === undefined ? undefined : this.toRecord(Row.parse(row), now);
  }

  remove(orphanId: OrphanId): void {
    this.journal.database.prepare('DELETE FROM orphan WHERE orphan_id = ?').run(orphanId);
  }

  /** Whether its quarantine begins now: it is seen for the second time, or may be purged for the first time. */
  private see(orphan: Orphan, now: Date): boolean {
    const time = now.toISOString();
    const before = this.journal.database.prepare('SELECT * FROM orphan WHERE orphan_id = ?').get(orphan.orphanId);
    if (before === undefined) {
      this.save(orphan, { first_seen: time, last_seen: time, scans: 1, quarantined_since: null, quarantined_ms: 0 });
      return false;
    }
    const row = Row.parse(before);
    const freed = read(row).purge === 'never' && orphan.purge !== 'never';
    const begins = row.quarantined_since === null || freed;
    this.save(orphan, {
      first_seen: row.first_seen,
      last_seen: time,
      scans: row.scans + 1,
      quarantined_since: begins ? time : row.quarantined_since,
      quarantined_ms: begins ? 0 : row.quarantined_ms + this.since(row.last_seen, now),
    });
    return begins;
  }

  private save(orphan: Orphan, facts: Omit<Row, 'record'>): void {
    const { first_seen, last_seen, scans, quarantined_since, quarantined_ms } = facts;
    this.journal.database
      .prepare(
        `INSERT OR REPLACE INTO orphan (orphan_id, record, first_seen, last_seen, scans, quarantined_since, quarantined_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(orphan.orphanId, JSON.stringify(orphan), first_seen, last_seen, scans, quarantined_since, quarantined_ms);
  }

  private since(time: string, now: Date): number {
    return Math.min(Math.max(0, now.getTime() - Date.parse(time)), this.rules.mostPerScanMs);
  }

  private toRecord(row: Row, now: Date): OrphanRecord {
    const quarantinedMs = row.quarantined_since === null ? 0 : row.quarantined_ms + this.since(row.last_seen, now);
    return {
      ...read(row),
      firstSeen: row.first_seen,
      lastSeen: row.last_seen,
      scans: row.scans,
      ...(row.quarantined_since === null ? {} : { quarantinedSince: row.quarantined_since }),
      quarantinedSeconds: Math.floor(quarantinedMs / 1000),
      quarantineOver: row.quarantined_since !== null && quarantinedMs >= this.rules.quarantineMs,
    };
  }
}

const read = ({ record }: Row): Orphan => Orphan.parse(JSON.parse(record));

const rank = { ours: 0, unknown: 1, foreign: 2 } as const;

function byImportance(one: OrphanRecord, other: OrphanRecord): number {
  return (
    rank[one.owner] - rank[other.owner] ||
    (other.sizeBytes ?? 0) - (one.sizeBytes ?? 0) ||
    (one.orphanId < other.orphanId ? -1 : 1)
  );
}
