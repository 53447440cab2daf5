import { type ReplyOf, SnapfleetError, VolumeRestore, VolumeRestored, VolumeRestoreFailed } from '@snapfleet/contracts';
import type {
  Operation,
  RestorePoints,
  Step,
  StepOutcome,
  Transition,
  Workflow,
  WorkflowContext,
} from '../operations/operation.js';
import { type RestoreState, restoreTransitions } from './restore-state.js';
import { aboutRestorePoint, readySnapshot } from './restore-point-view.js';

const restoreDeadlineSeconds = 600;

/** `snapshot.restore`: a new claim from the snapshot; what a failed restore had made is removed by the one who made it. */
export class RestoreVolumeWorkflow implements Workflow<RestoreState> {
  readonly kind = 'restore';

  cancellable(state: RestoreState): boolean {
    return restoreTransitions[state.phase].cancellable;
  }

  step(state: RestoreState, operation: Operation, [point]: RestorePoints): Step {
    if (state.phase === 'ended') return { kind: 'end' };
    const { claim, snapshot } = readySnapshot(point);
    const data = {
      operationId: operation.operationId,
      ...aboutRestorePoint(point),
      targetClaim: state.targetClaim,
      purpose: 'user' as const,
      claim,
      snapshot,
      deadlineSeconds: restoreDeadlineSeconds,
      ...(state.sizeBytes === undefined ? {} : { sizeBytes: state.sizeBytes }),
    };
    return { kind: 'call', definition: VolumeRestore, data, deadlineMs: (restoreDeadlineSeconds + 60) * 1000 };
  }

  next(state: RestoreState, outcome: StepOutcome, { restorePoints }: WorkflowContext): Transition<RestoreState> {
    const [restorePoint] = restorePoints;
    if (state.phase === 'ended') return { state, events: [], restorePoints: [] };
    const about = { ...aboutRestorePoint(restorePoint), targetClaim: state.targetClaim };
    if (outcome.kind === 'done') {
      const reply = outcome.result as ReplyOf<typeof VolumeRestore>;
      const data = { ...about, targetUid: reply.claimUid, sizeBytes: reply.sizeBytes };
      return { state: { phase: 'ended' }, events: [{ definition: VolumeRestored, data }], restorePoints: [] };
    }
    const error =
      outcome.kind === 'failed'
        ? outcome.error
        : new SnapfleetError('cancelled', 'the restore was cancelled on request').toDetail();
    return {
      state: { phase: 'ended', error },
      events: [{ definition: VolumeRestoreFailed, data: { ...about, error } }],
      restorePoints: [],
    };
  }
}
