import { DeviceId } from '@snapfleet/contracts';
import { EventRecorder } from '../journal/event-recorder.js';
import type { Journal } from '../journal/journal.js';
import { OperationStore } from '../journal/operation.store.js';
import { Outbox } from '../journal/outbox.js';
import { RestorePointStore } from '../journal/restore-point.store.js';
import type { Clock, StepCaller } from '../operations/operation-runner.js';
import type { WorkflowRegistry } from '../operations/workflow-registry.js';
import { workflows } from '../workflow/workflows.js';

export const device = DeviceId.parse('edge-1');

interface OrchestratorParts {
  readonly device: DeviceId;
  readonly journal: Journal;
  readonly operations: OperationStore;
  readonly restorePoints: RestorePointStore;
  readonly outbox: Outbox;
  readonly events: EventRecorder;
  readonly workflows: WorkflowRegistry;
  readonly caller: StepCaller;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly report: () => void;
}

/** What an orchestrator without NATS is made of: a journal, and services that answer as told. Nothing waits in it. */
export function orchestratorParts(journal: Journal, call: StepCaller['call']): OrchestratorParts {
  const now = (): Date => new Date('2026-11-23T10:00:00Z');
  const outbox = new Outbox(journal);
  return {
    device,
    journal,
    operations: new OperationStore(journal),
    restorePoints: new RestorePointStore(journal),
    outbox,
    events: new EventRecorder(outbox, () => undefined),
    workflows,
    caller: { call },
    clock: { now, sleep: () => Promise.resolve() },
    now,
    report: () => undefined,
  };
}
