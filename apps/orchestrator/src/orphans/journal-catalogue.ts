import type { OperationId, RestorePointId } from '@snapfleet/contracts';
import type { OperationStore } from '../journal/operation.store.js';
import type { RestorePointStore } from '../journal/restore-point.store.js';
import type { SnapshotIdentityStore, SnapshotOwner } from '../journal/snapshot-identity.store.js';
import type { Catalogue } from './catalogue.js';
import { awaitsVerification, standingOf, type KnownRestorePoint } from './standing.js';

/** The journal as it is when it is made: for one scan. */
export class JournalCatalogue implements Catalogue {
  private readonly busyRestorePoints: ReadonlySet<string>;

  constructor(
    private readonly restorePoints: RestorePointStore,
    private readonly operations: OperationStore,
    private readonly identities: SnapshotIdentityStore,
  ) {
    this.busyRestorePoints = new Set(operations.open().flatMap(({ restorePointIds }) => restorePointIds));
  }

  find(restorePointId: RestorePointId): KnownRestorePoint | undefined {
    const point = this.restorePoints.find(restorePointId);
    if (point === undefined) return undefined;
    const { namespace, persistentVolumeClaim, snapshot = point.lostSnapshot?.snapshot } = point;
    return {
      restorePointId,
      namespace,
      persistentVolumeClaim,
      standing: standingOf(point),
      busy: this.busyRestorePoints.has(restorePointId),
      awaitsVerification: awaitsVerification(point),
      volumeSnapshotUid: snapshot?.volumeSnapshotUid,
    };
  }

  ownerOfSnapshot(volumeSnapshotUid: string): SnapshotOwner | undefined {
    return this.identities.ownerOfSnapshot(volumeSnapshotUid);
  }

  ownerOfHandle(snapshotHandle: string): SnapshotOwner | undefined {
    return this.identities.ownerOfHandle(snapshotHandle);
  }

  hasEnded(operationId: OperationId): boolean | undefined {
    return this.operations.find(operationId)?.finished;
  }
}
