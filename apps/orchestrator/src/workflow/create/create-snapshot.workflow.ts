import type {
  BegunOperation,
  RestorePoints,
  Step,
  StepOutcome,
  Transition,
  Workflow,
  WorkflowContext,
} from '../../operations/operation.js';
import { afterCut, afterPreflight, afterQuiesce } from './create-cut.js';
import { afterCleaning } from './create-end.js';
import { afterResume } from './create-return.js';
import { type CreateState, createTransitions } from './create-state.js';
import { createStep } from './create-steps.js';
import { afterSurvey } from './create-survey.js';

/**
 * `snapshot.create` and `group.create`: preflight → survey of the pools → quiesce → VolumeSnapshots → resume → ready, in one window for all volumes
 * of a group; the workload is resumed on every path, and there are all snapshots or none.
 */
export class CreateSnapshotWorkflow implements Workflow<CreateState> {
  readonly kind = 'create';

  cancellable(state: CreateState): boolean {
    return createTransitions[state.phase].cancellable;
  }

  step(state: CreateState, operation: BegunOperation, points: RestorePoints): Step {
    return createStep(state, operation, points);
  }

  next(state: CreateState, outcome: StepOutcome, context: WorkflowContext): Transition<CreateState> {
    switch (state.phase) {
      case 'preflight':
        return afterPreflight(outcome, context);
      case 'surveying':
        return afterSurvey(state, outcome, context);
      case 'quiescing':
        return afterQuiesce(state, outcome, context);
      case 'cutting':
        return afterCut(state, outcome, context);
      case 'resuming':
        return afterResume(state, outcome, context);
      case 'cleaning':
        return afterCleaning(state, outcome, context);
      case 'resume-waiting':
        return unchanged({ ...state, phase: 'resuming' });
      case 'cleaning-waiting':
        return unchanged({ ...state, phase: 'cleaning' });
      case 'ready':
      case 'failed':
        return unchanged(state);
    }
  }
}

const unchanged = (state: CreateState): Transition<CreateState> => ({ state, events: [], restorePoints: [] });
