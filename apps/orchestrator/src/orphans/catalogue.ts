import type { OperationId, RestorePointId } from '@snapfleet/contracts';
import type { SnapshotOwner } from '../journal/snapshot-identity.store.js';
import type { KnownRestorePoint } from './standing.js';

/** What the journal of the device knows; what it does not know is never taken for ours. */
export interface Catalogue {
  find(restorePointId: RestorePointId): KnownRestorePoint | undefined;
  /** Whose VolumeSnapshot had this uid. */
  ownerOfSnapshot(volumeSnapshotUid: string): SnapshotOwner | undefined;
  /** Whose snapshot has this handle. */
  ownerOfHandle(snapshotHandle: string): SnapshotOwner | undefined;
  /** Whether an operation has ended; undefined: not known. */
  hasEnded(operationId: OperationId): boolean | undefined;
}
