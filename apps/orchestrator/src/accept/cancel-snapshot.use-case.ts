import {
  CommandCompleted,
  type DataOf,
  type MessageOf,
  type ObjectName,
  type RestorePoint,
  SnapfleetError,
  type SnapshotCancel,
} from '@snapfleet/contracts';
import { makingOperationOf } from '../catalogue/making-operation.js';
import type { EventRecorder } from '../journal/event-recorder.js';
import type { JournalTransactions } from '../journal/journal.js';
import type { OperationStore } from '../journal/operation.store.js';
import type { RestorePointStore } from '../journal/restore-point.store.js';
import type { Operation } from '../operations/operation.js';
import type { OperationRunner } from '../operations/operation-runner.js';
import { RestoreState } from '../workflow/restore-state.js';
import { workflows } from '../workflow/workflows.js';

interface CancelParts {
  readonly journal: JournalTransactions;
  readonly operations: OperationStore;
  readonly restorePoints: RestorePointStore;
  readonly events: EventRecorder;
  readonly runner: OperationRunner;
  readonly now: () => Date;
}

/**
 * Stops the making of a restore point and of its group, after which the workload is resumed and what was made is removed; or
 * a restore of it, after which its claim is removed.
 */
export class CancelSnapshotUseCase {
  constructor(private readonly parts: CancelParts) {}

  /** @throws SnapfleetError `snapshot_not_found` */
  run(message: MessageOf<DataOf<typeof SnapshotCancel>>): void {
    const { restorePointId, targetClaim } = message.data;
    const point = this.parts.restorePoints.find(restorePointId);
    const making = point && this.parts.operations.find(makingOperationOf(point));
    if (point === undefined || making === undefined) {
      throw new SnapfleetError('snapshot_not_found', `restore point ${restorePointId} is not known on this device`);
    }
    const operations = targetClaim === undefined ? [making] : this.restoresInto(targetClaim, point);
    const stopped = operations.filter(isCancellable);
    if (stopped.length > 0) this.stop(stopped);
    else if (targetClaim === undefined) this.answer(message, making, point, `the restore point is ${point.phase}`);
    else if (operations.length === 0)
      this.answer(message, making, point, `no restore into ${targetClaim} is under way`);
    else this.answer(message, making, point, `the restore into ${targetClaim} is being cancelled already`);
  }

  private restoresInto(targetClaim: ObjectName, { restorePointId }: RestorePoint): readonly Operation[] {
    return this.parts.operations.open().filter(({ kind, restorePointIds, state }) => {
      if (kind !== 'restore' || restorePointIds[0] !== restorePointId) return false;
      const restore = RestoreState.parse(state);
      return restore.phase !== 'ended' && restore.targetClaim === targetClaim;
    });
  }

  private stop(operations: readonly Operation[]): void {
    this.parts.journal.transaction(() => {
      for (const { operationId } of operations) this.parts.operations.requestCancel(operationId);
    });
    for (const { operationId } of operations) this.parts.runner.cancel(operationId);
  }

  private answer({ id }: { readonly id: string }, making: Operation, point: RestorePoint, why: string): void {
    const { journal, events, now } = this.parts;
    const data = {
      command: 'snapshot.cancel',
      commandId: id,
      operationId: making.operationId,
      note: `too late to cancel: ${why}`,
    };
    journal.transaction(() => {
      const event = { definition: CommandCompleted, data, distinction: [id] };
      events.record(event, { ...making, commandId: id }, point, now());
    });
    events.flush();
  }
}

function isCancellable({ kind, finished, state }: Operation): boolean {
  const workflow = workflows.of(kind);
  return !finished && workflow.cancellable(workflow.read(state));
}
