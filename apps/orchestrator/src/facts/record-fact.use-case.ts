import { GroupCompleted, type RestorePoint, type RestorePointId, SnapshotCompleted } from '@snapfleet/contracts';
import { isCompleted } from '../catalogue/backup-of-point.js';
import { followingDeletion } from '../catalogue/following-deletion.js';
import { expiredByRetention, isGood } from '../catalogue/last-good-copy.js';
import { makingOperationOf } from '../catalogue/making-operation.js';
import { completion, listedAgain, phaseOf } from '../catalogue/restore-point-progress.js';
import type { EventRecorder } from '../journal/event-recorder.js';
import type { FactPlaceStore } from '../journal/fact-place.store.js';
import type { JournalTransactions } from '../journal/journal.js';
import type { OperationStore } from '../journal/operation.store.js';
import type { RestorePointStore } from '../journal/restore-point.store.js';
import type { Operation, PendingEvent, RestorePoints } from '../operations/operation.js';
import type { OperationRunner } from '../operations/operation-runner.js';
import { eventOfEach, eventOfGroup } from '../workflow/create/create-events.js';
import { ageOf, type Fact, type FactAge, type FactPlace } from './fact.js';

/** The event stream of the device. */
export interface FactStream {
  /**
   * When the stream was made that holds the message of this number.
   * @throws SnapfleetError `interrupted` where none does any more
   */
  holding(sequence: number): Promise<string>;
}

interface FactParts {
  readonly journal: JournalTransactions;
  readonly operations: OperationStore;
  readonly restorePoints: RestorePointStore;
  readonly places: FactPlaceStore;
  readonly stream: FactStream;
  readonly events: EventRecorder;
  readonly runner: Pick<OperationRunner, 'enqueue'>;
  readonly now: () => Date;
}

/**
 * Takes what backup worker and verifier tell into the catalogue, by its order in the event stream: a fact that was taken
 * before, or comes after a newer one about the same, says nothing, however often the stream delivers it. A fact about a
 * restore point that this device does not know is left alone.
 */
export class RecordFactUseCase {
  private former: Promise<void> = Promise.resolve();

  constructor(private readonly parts: FactParts) {}

  /** Resolves when the fact is durable. Facts are taken one after the other, as they were delivered. */
  run(fact: Fact): Promise<void> {
    const taken = this.former.then(async () => {
      const { restorePointId, sequence } = fact;
      const place = { stream: await this.parts.stream.holding(sequence), sequence };
      this.record(restorePointId, (before) => this.withFact(before, fact, place));
    });
    this.former = taken.catch(() => undefined);
    return taken;
  }

  /** Takes what was found out here, and not told by the stream, so that it has no place there. */
  settle(restorePointId: RestorePointId, change: (point: RestorePoint) => RestorePoint): void {
    this.record(restorePointId, (before) => {
      if (before.phase === 'deleted') return undefined;
      const after = change(before);
      return { ...after, phase: phaseOf(after) };
    });
  }

  private record(restorePointId: RestorePointId, change: (before: RestorePoint) => RestorePoint | undefined): void {
    const { journal, operations, restorePoints, events, runner, now } = this.parts;
    const followers = journal.transaction((): Operation[] => {
      const before = restorePoints.find(restorePointId);
      const making = before && operations.find(makingOperationOf(before));
      if (before === undefined || making === undefined) return [];
      const point = change(before);
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

  /** The restore point after a fact, whose place is then noted, or undefined when the fact says nothing any more. */
  private withFact(before: RestorePoint, fact: Fact, place: FactPlace): RestorePoint | undefined {
    const { restorePointId, topics } = fact;
    const { places } = this.parts;
    const ageIn = (topic: string): FactAge => ageOf(place, places.find(restorePointId, topic));
    const age = ageIn(topics[0]);
    if (age === 'same') return undefined;
    const after = changed(before, fact, age);
    if (after === undefined) return undefined;
    for (const topic of topics) if (ageIn(topic) !== 'older') places.save(restorePointId, topic, place);
    return after;
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
 * A backup that is completed after its restore point was deleted is at the destination all the same: it is listed again, so
 * that it can be used or deleted.
 */
function changed(before: RestorePoint, { change }: Fact, age: FactAge): RestorePoint | undefined {
  const after = change(before, age);
  if (after === undefined) return undefined;
  if (before.phase !== 'deleted') return { ...after, phase: phaseOf(after) };
  return after.backups.some(isCompleted) ? listedAgain(after) : undefined;
}
