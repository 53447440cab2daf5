import { RestorePointId, type BoundSnapshot } from '@snapfleet/contracts';
import { z } from 'zod';
import type { JournalDatabase } from './journal.js';

/** What a VolumeSnapshot of ours is known by, as far as it is known yet. */
export type SnapshotIdentity = Pick<BoundSnapshot, 'volumeSnapshotUid'> &
  Partial<Pick<BoundSnapshot, 'snapshotHandle' | 'deletionPolicy'>>;

const Row = z.object({ restore_point_id: RestorePointId, deletion_policy: z.enum(['Delete', 'Retain']).nullable() });

/** Whose a uid or a handle is. */
export interface SnapshotOwner {
  readonly restorePointId: RestorePointId;
  readonly deletionPolicy: 'Delete' | 'Retain' | undefined;
}

/**
 * The uid of every VolumeSnapshot that was made for a restore point, and the handle of its logical volume. They are kept
 * for good: what is left of a snapshot long after it is known as ours by them, and by nothing else.
 */
export class SnapshotIdentityStore {
  constructor(private readonly journal: JournalDatabase) {}

  /** What was known before is not forgotten, and never becomes another restore point's. */
  record(restorePointId: RestorePointId, identity: SnapshotIdentity): void {
    const { volumeSnapshotUid, snapshotHandle, deletionPolicy } = identity;
    this.journal.database
      .prepare(
        `INSERT INTO snapshot_identity (volume_snapshot_uid, restore_point_id, snapshot_handle, deletion_policy) VALUES (?, ?, ?, ?)
         ON CONFLICT (volume_snapshot_uid) DO UPDATE SET
           snapshot_handle = COALESCE(snapshot_handle, excluded.snapshot_handle),
           deletion_policy = COALESCE(excluded.deletion_policy, deletion_policy)
         WHERE restore_point_id = excluded.restore_point_id`,
      )
      .run(volumeSnapshotUid, restorePointId, snapshotHandle ?? null, deletionPolicy ?? null);
  }

  ownerOfSnapshot(volumeSnapshotUid: string): SnapshotOwner | undefined {
    return this.find('volume_snapshot_uid', volumeSnapshotUid);
  }

  ownerOfHandle(snapshotHandle: string): SnapshotOwner | undefined {
    return this.find('snapshot_handle', snapshotHandle);
  }

  private find(column: 'volume_snapshot_uid' | 'snapshot_handle', value: string): SnapshotOwner | undefined {
    const row = this.journal.database
      .prepare(`SELECT restore_point_id, deletion_policy FROM snapshot_identity WHERE ${column} = ?`)
      .get(value);
    if (row === undefined) return undefined;
    const { restore_point_id, deletion_policy } = Row.parse(row);
    return { restorePointId: restore_point_id, deletionPolicy: deletion_policy ?? undefined };
  }
}
