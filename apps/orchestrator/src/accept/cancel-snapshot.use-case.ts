import {
  CommandCompleted,
  type DataOf,
  type MessageOf,
  SnapfleetError,
  type SnapshotCancel,
} from '@snapfleet/contracts';
import { makingOperationOf } from '../catalogue/making-operation.js';
import type { EventRecorder } from '../journal/event-recorder.js';
import type { JournalTransactions } from '../journal/journal.js';
import type { OperationStore } from '../journal/operation.store.js';
import type { RestorePointStore } from '../journal/restore-point.store.js';
import type { OperationRunner } from '../operations/operation-runner.js';
import { workflows } from '../workflow/workflows.js';

interface CancelParts {
  readonly journal: JournalTransactions;
  readonly operations: OperationStore;
  readonly restorePoints: RestorePointStore;
  readonly events: EventRecorder;
  readonly runner: OperationRunner;
  readonly now: () => Date;
}

/** Stops the making of a restore point and of its group; the workflow then resumes the workload and cleans up. */
export class CancelSnapshotUseCase {
  constructor(private readonly parts: CancelParts) {}

  /** @throws SnapfleetError `snapshot_not_found` */
  run(message: MessageOf<DataOf<typeof SnapshotCancel>>): void {
    const { journal, operations, restorePoints, events, runner, now } = this.parts;
    const { restorePointId } = message.data;
    const point = restorePoints.find(restorePointId);
    const operation = point && operations.find(makingOperationOf(point));
    if (operation === undefined || point === undefined) {
      throw new SnapfleetError('snapshot_not_found', `restore point ${restorePointId} is not known on this device`);
    }
    const workflow = workflows.of(operation.kind);
    const tooLate = operation.finished || !workflow.cancellable(workflow.read(operation.state));
    if (tooLate) {
      const note = `too late to cancel: the restore point is ${point.phase}`;
      const data = { command: 'snapshot.cancel', commandId: message.id, operationId: operation.operationId, note };
      const event = { definition: CommandCompleted, data, distinction: [message.id] };
      journal.transaction(() => {
        events.record(event, { ...operation, commandId: message.id }, point, now());
      });
      events.flush();
      return;
    }
    journal.transaction(() => {
      operations.requestCancel(operation.operationId);
    });
    runner.cancel(operation.operationId);
  }
}
