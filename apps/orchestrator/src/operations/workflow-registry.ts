import type { z } from 'zod';
import type { CreateState } from '../workflow/create/create-state.js';
import type { DeleteState } from '../workflow/delete-state.js';
import type { PurgeState } from '../orphans/purge-orphan.state.js';
import type { RestoreState } from '../workflow/restore-state.js';
import { SnapfleetError } from '@snapfleet/contracts';
import type { OperationKind, Workflow } from './operation.js';

/** A workflow together with how its state is read back from the journal. */
export interface RegisteredWorkflow extends Workflow<unknown> {
  read(stored: unknown): unknown;
  ended(state: unknown): boolean;
}

/** Joins a workflow with the schema of its states. */
export function register<State extends CreateState | DeleteState | RestoreState | PurgeState>(
  workflow: Workflow<State>,
  schema: z.ZodType<State>,
  finalPhases: readonly State['phase'][],
): RegisteredWorkflow {
  return {
    kind: workflow.kind,
    read: (stored) => schema.parse(stored),
    ended: (state) => finalPhases.includes(schema.parse(state).phase),
    cancellable: (state) => workflow.cancellable(schema.parse(state)),
    step: (state, operation, points) => workflow.step(schema.parse(state), operation, points),
    next: (state, outcome, context) => workflow.next(schema.parse(state), outcome, context),
  };
}

/** The workflows by kind. */
export class WorkflowRegistry {
  private readonly workflows: ReadonlyMap<OperationKind, RegisteredWorkflow>;

  constructor(workflows: readonly RegisteredWorkflow[]) {
    this.workflows = new Map(workflows.map((workflow) => [workflow.kind, workflow]));
  }

  /** @throws SnapfleetError `internal` for a kind that has no steps */
  of(kind: OperationKind): RegisteredWorkflow {
    const workflow = this.workflows.get(kind);
    if (workflow === undefined) throw new SnapfleetError('internal', `operations of kind ${kind} have no workflow`);
    return workflow;
  }
}
