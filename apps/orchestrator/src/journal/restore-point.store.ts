import { RestorePoint, type RestorePointId, type VolumeReference } from '@snapfleet/contracts';
import { z } from 'zod';
import type { JournalDatabase } from './journal.js';
import { SnapshotIdentityStore } from './snapshot-identity.store.js';

const Row = z.object({ record: z.string() });
const toRestorePoint = (row: unknown): RestorePoint => RestorePoint.parse(JSON.parse(Row.parse(row).record));

/** Which restore points are asked for. */
export interface RestorePointFilter {
  readonly namespace?: string | undefined;
  readonly persistentVolumeClaim?: string | undefined;
  readonly includeDeleted: boolean;
  readonly limit: number;
}

/** The catalogue of restore points in the journal. */
export class RestorePointStore {
  private readonly identities: SnapshotIdentityStore;

  constructor(private readonly journal: JournalDatabase) {
    this.identities = new SnapshotIdentityStore(journal);
  }

  save(point: RestorePoint): void {
    this.journal.database
      .prepare(
        `INSERT INTO restore_point (restore_point_id, namespace, claim, phase, record) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (restore_point_id) DO UPDATE SET phase = excluded.phase, record = excluded.record`,
      )
      .run(point.restorePointId, point.namespace, point.persistentVolumeClaim, point.phase, JSON.stringify(point));
    // Kept beyond the record, which forgets its snapshot when that is deleted.
    if (point.snapshot !== undefined && point.snapshot.snapshotHandle !== point.claim?.volumeHandle) {
      const { volumeSnapshotUid, snapshotHandle, deletionPolicy } = point.snapshot;
      this.identities.record(point.restorePointId, { volumeSnapshotUid, snapshotHandle, deletionPolicy });
    }
  }

  find(restorePointId: RestorePointId): RestorePoint | undefined {
    const row = this.journal.database
      .prepare('SELECT record FROM restore_point WHERE restore_point_id = ?')
      .get(restorePointId);
    return row === undefined ? undefined : toRestorePoint(row);
  }

  /** The newest first. */
  list({ namespace, persistentVolumeClaim, includeDeleted, limit }: RestorePointFilter): RestorePoint[] {
    return this.journal.database
      .prepare(
        `SELECT record FROM restore_point
         WHERE (?1 IS NULL OR namespace = ?1) AND (?2 IS NULL OR claim = ?2) AND (?3 = 1 OR phase <> 'deleted')
         ORDER BY sequence DESC LIMIT ?4`,
      )
      .all(namespace ?? null, persistentVolumeClaim ?? null, includeDeleted ? 1 : 0, limit)
      .map(toRestorePoint);
  }

  /** All that are not deleted, the newest first. */
  all(): RestorePoint[] {
    return this.list({ includeDeleted: false, limit: 100_000 });
  }

  /** All of claims of this name that are not deleted, the newest first; a claim that was made again is another volume. */
  ofName({ namespace, persistentVolumeClaim }: VolumeReference): RestorePoint[] {
    return this.list({ namespace, persistentVolumeClaim, includeDeleted: false, limit: 100_000 });
  }

  /** Those with a backup or a proof that has not ended, the oldest first. */
  withOpenWork(limit: number): RestorePoint[] {
    return this.journal.database
      .prepare(
        `SELECT record FROM restore_point WHERE record LIKE '%"state":"pending"%' AND phase NOT IN ('deleted', 'failed')
         ORDER BY sequence LIMIT ?`,
      )
      .all(limit)
      .map(toRestorePoint);
  }
}
