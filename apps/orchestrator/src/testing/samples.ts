import { FencingToken, OperationId, type RestorePoint, SnapshotPolicy, SnapshotReady } from '@snapfleet/contracts';
import { withPendingWork } from '../catalogue/restore-point-progress.js';
import type { BegunOperation, Operation } from '../operations/operation.js';

const ready = SnapshotReady.data.parse(SnapshotReady.example);

/** An operation that makes the restore point of the example, and is under way. */
export const operationWith = (change: Partial<Operation> = {}): Operation => ({
  operationId: OperationId.parse(ready.restorePointId),
  kind: 'create',
  resources: ['PersistentVolumeClaim shop/orders'],
  restorePointIds: [ready.restorePointId],
  commandId: 'c',
  traceparent: undefined,
  requestDigest: '',
  state: {},
  finished: false,
  cancelRequested: false,
  ...change,
});

/** The same with its fencing token. */
export const begunOperationWith = (change: Partial<Operation> = {}): BegunOperation => ({
  ...operationWith(change),
  fencingToken: FencingToken.parse(7),
});

/** The one that has made the restore point. */
export const makingOperation = operationWith({ state: { phase: 'ready' }, finished: true });

/** The restore point of the example, of which a backup and its proofs are still waited for. */
export const pendingPoint: RestorePoint = {
  ...withPendingWork({
    restorePointId: ready.restorePointId,
    namespace: ready.namespace,
    persistentVolumeClaim: ready.persistentVolumeClaim,
    phase: 'resumed',
    policy: SnapshotPolicy.parse({ movers: ['copy'] }),
    requestedAt: '2026-11-23T10:00:00.000Z',
  }),
  claim: ready.claim,
  snapshot: ready.snapshot,
};
