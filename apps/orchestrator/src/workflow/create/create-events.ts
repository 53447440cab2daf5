import { type MessageDefinition, type RestorePoint, type VolumeReference } from '@snapfleet/contracts';
import type { PendingEvent, RestorePoints } from '../../operations/operation.js';
import { aboutRestorePoint } from '../restore-point-view.js';

type About = VolumeReference & Pick<RestorePoint, 'restorePointId'>;

/** One event for each restore point; those of a group are told apart by it. */
export function eventOfEach(
  points: readonly RestorePoint[],
  definition: MessageDefinition,
  dataOf: (about: About, point: RestorePoint) => unknown,
  distinction?: string,
): PendingEvent[] {
  return points.map((point) => {
    const parts = [
      ...(point.group === undefined ? [] : [point.restorePointId]),
      ...(distinction === undefined ? [] : [distinction]),
    ];
    const data = dataOf(aboutRestorePoint(point), point);
    return { definition, data, restorePoint: point, ...(parts.length === 0 ? {} : { distinction: parts }) };
  });
}

/** The event about the group as a whole; none where the restore point was made alone. */
export function eventOfGroup(points: RestorePoints, definition: MessageDefinition, facts: object): PendingEvent[] {
  const [{ group, namespace }] = points;
  if (group === undefined) return [];
  const members = points.map(({ restorePointId, persistentVolumeClaim }) => ({
    restorePointId,
    persistentVolumeClaim,
  }));
  return [{ definition, data: { groupId: group.groupId, namespace, members, ...facts } }];
}
