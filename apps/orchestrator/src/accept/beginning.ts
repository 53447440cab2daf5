import {
  type DataOf,
  type GroupCreate,
  memberRestorePointId,
  type OperationId,
  type RestorePoint,
  RestorePointId,
  SnapfleetError,
  type SnapshotCreate,
  SnapshotRequested,
} from '@snapfleet/contracts';
import { withPendingWork } from '../catalogue/restore-point-progress.js';
import type { OperationKind, PendingEvent, RestorePoints } from '../operations/operation.js';
import { workloadResource } from '../operations/resources.js';
import { eventOfEach } from '../workflow/create/create-events.js';

/** What a new operation begins with. */
export interface Beginning {
  readonly kind: OperationKind;
  readonly state: unknown;
  readonly points: RestorePoints;
  /** What it has for itself, beside its volumes. */
  readonly resources?: readonly string[];
  readonly events: readonly PendingEvent[];
  /** No step follows: the events are all there is to do here. */
  readonly finished?: boolean;
}

/** The restore point of `snapshot.create` has the operation's own id. */
export function beginSnapshot(data: DataOf<typeof SnapshotCreate>, operationId: OperationId, now: Date): Beginning {
  const { persistentVolumeClaim } = data;
  const restorePointId = RestorePointId.parse(operationId);
  return making([requested(data, { restorePointId, persistentVolumeClaim }, now)]);
}

/** One restore point for each claim of `group.create`. */
export function beginGroup(data: DataOf<typeof GroupCreate>, groupId: OperationId, now: Date): Beginning {
  const members = data.persistentVolumeClaims.map((persistentVolumeClaim) => ({
    restorePointId: memberRestorePointId(groupId, persistentVolumeClaim),
    persistentVolumeClaim,
  }));
  const group = { groupId, restorePointIds: members.map(({ restorePointId }) => restorePointId) };
  const [first, ...others] = members.map((member) => requested(data, { ...member, group }, now));
  if (first === undefined) throw new SnapfleetError('internal', 'a group without a claim has passed its schema');
  return making([first, ...others]);
}

function requested(
  { namespace, policy, requestedBy, reason }: Pick<RestorePoint, 'namespace' | 'policy' | 'requestedBy' | 'reason'>,
  member: Pick<RestorePoint, 'restorePointId' | 'persistentVolumeClaim' | 'group'>,
  now: Date,
): RestorePoint {
  return withPendingWork({
    ...member,
    namespace,
    phase: 'requested',
    policy,
    requestedAt: now.toISOString(),
    ...(requestedBy === undefined ? {} : { requestedBy }),
    ...(reason === undefined ? {} : { reason }),
  });
}

function making(points: RestorePoints): Beginning {
  const [{ namespace, policy }] = points;
  const { quiesce } = policy;
  const events = eventOfEach(points, SnapshotRequested, (about, { requestedBy, reason }) => ({
    ...about,
    quiesce,
    ...(requestedBy === undefined ? {} : { requestedBy }),
    ...(reason === undefined ? {} : { reason }),
  }));
  const resources = quiesce.level === 'none' ? [] : [workloadResource(namespace, quiesce.workload)];
  return { kind: 'create', state: { phase: 'preflight' }, points, resources, events };
}
