import { GroupCompleted, type RestorePoint, type RestorePointId, SnapshotCompleted } from '@snapfleet/contracts';
import { followingDeletion } from '../catalogue/following-deletion.js';
import { expiredByRetention, isGood } from '../catalogue/last-good-copy.js';
import { makingOperationOf } from '../catalogue/making-operation.js';
import { completion, phaseOf, settledPhase } from '../catalogue/restore-point-progress.js';
import type { EventRecorder } from '../journal/event-recorder.js';
import type { JournalTransactions } from '../journal/journal.js';
import type { OperationStore } from '../journal/operation.store.js';
import type { RestorePointStore } from '../journal/restore-point.store.js';
import type { Operation, PendingEvent, RestorePoints } from '../operations/operation.js';
import type { OperationRunner } from '../operations/operation-runner.js';
import { eventOfEach, eventOfGroup } from '../workflow/create/create-events.js';

interface FactParts {
  readonly journal: JournalTransactions;
  readonly operations: OperationStore;
  readonly restorePoints: RestorePointStore;
  readonly events: EventRecorder;
  readonly runner: OperationRunner;
  readonly now: () => Date;
}

/**
 * Takes what backup worker and verifier tell into the catalogue. The same fact twice changes nothing; a fact about a
 * restore point that this device does not know is left alone.
 */
export class RecordFactUseCase {
  constructor(private readonly parts: FactParts) {}

  run(restorePointId: RestorePointId, change: (point: RestorePoint) => RestorePoint): void {
    const { journal, operations, restorePoints, events, runner, now } = this.parts;
    const followers = journal.transaction((): Operation[] => {
      const before = restorePoints.find(restorePointId);
      const making = before && operations.find(makingOperationOf(before));
      if (before === undefined || making === undefined) return [];
      const point = withFact(before, change);
      if (point === undefined) return [];
      restorePoints.save(point);
      const { ended, failures } = completion(point);
      if (!ended) return [];
      const outcome = failures.length === 0 ? ('proven' as const) : ('incomplete' as const);
      const facts = { outcome, failures: failures.slice(0, 32) };
      const told = [
        ...eventOfEach([point], SnapshotCompleted, (about) => ({ ...about, ...facts }), outcome),
        ...this.completionOfGroup(making),
      ];
      for (const event of told) events.record(event, making, point, now());
      return outcome === 'proven' && isGood(point) ? this.expire(point, making) : [];
    });
    events.flush();
    for (const follower of followers) runner.enqueue(follower);
  }

  /** Told once the last member of a group has come to its end. */
  private completionOfGroup({ restorePointIds }: Operation): PendingEvent[] {
    const [first, ...others] = restorePointIds.flatMap((id) => this.parts.restorePoints.find(id) ?? []);
    if (first === undefined) return [];
    const members: RestorePoints = [first, ...others];
    const ends = members.map(completion);
    if (ends.some(({ ended }) => !ended)) return [];
    const outcome = ends.every(({ failures }) => failures.length === 0) ? ('proven' as const) : ('incomplete' as const);
    return eventOfGroup(members, GroupCompleted, { outcome }).map((event) => ({ ...event, distinction: [outcome] }));
  }

  /** The deletions that the retention asks for, journalled within the transaction of the fact. */
  private expire(point: RestorePoint, making: Operation): Operation[] {
    const { operations, restorePoints, now } = this.parts;
    if (point.policy.retention === undefined) return [];
    return expiredByRetention(point, restorePoints.ofName(point), point.policy.retention.keepLast)
      .filter(({ restorePointId }) => !operations.isDeleting(restorePointId))
      .filter((expired) => {
        const added = operations.add(followingDeletion(expired, making, 'retention'), now());
        if (added) restorePoints.save({ ...expired, phase: 'deleting' });
        return added;
      })
      .map((expired) => followingDeletion(expired, making, 'retention'));
  }
}

/**
 * The restore point after a fact, or undefined when the fact says nothing any more. A backup that is completed after its
 * restore point was deleted is at the destination all the same: it is listed again, so that it can be used or deleted.
 */
function withFact(before: RestorePoint, change: (point: RestorePoint) => RestorePoint): RestorePoint | undefined {
  const changed = change(before);
  if (before.phase !== 'deleted') return { ...changed, phase: phaseOf(changed) };
  const arrived = changed.backups.some(({ state, reference }) => state === 'completed' && reference !== undefined);
  return arrived ? { ...changed, phase: settledPhase(changed) } : undefined;
}
