import {
  type DataOf,
  deterministicUuid,
  OperationId,
  type RestorePoint,
  type SnapshotDeleted,
} from '@snapfleet/contracts';
import type { Operation } from '../operations/operation.js';
import { volumeResource } from '../operations/resources.js';

type Cause = Exclude<DataOf<typeof SnapshotDeleted>['cause'], 'command'>;

/** The deletion of a restore point's local snapshot, because of what another operation came to; told twice, it is the same. */
export function followingDeletion(point: RestorePoint, because: Operation, cause: Cause): Operation {
  const { restorePointId, phase } = point;
  return {
    operationId: OperationId.parse(deterministicUuid(cause, restorePointId, because.operationId)),
    kind: 'delete',
    resources: [volumeResource(point)],
    restorePointIds: [restorePointId],
    commandId: because.commandId,
    traceparent: because.traceparent,
    requestDigest: '',
    state: {
      phase: 'choosing',
      deleteBackups: false,
      purge: false,
      releaseFinalizers: false,
      cause,
      formerPhase: phase,
    },
    finished: false,
    cancelRequested: false,
  };
}
