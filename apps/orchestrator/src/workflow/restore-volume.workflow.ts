import {
  Bytes,
  ErrorDetail,
  ObjectName,
  type ReplyOf,
  SnapfleetError,
  VolumeRestore,
  VolumeRestored,
  VolumeRestoreFailed,
} from '@snapfleet/contracts';
import { z } from 'zod';
import type {
  Operation,
  RestorePoints,
  Step,
  StepOutcome,
  Transition,
  Workflow,
  WorkflowContext,
} from '../operations/operation.js';
import { aboutRestorePoint, readySnapshot } from './restore-point-view.js';

/** The states of `snapshot.restore`. */
export const RestoreState = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('restoring'), targetClaim: ObjectName, sizeBytes: Bytes.optional() }),
  z.object({ phase: z.literal('ended'), error: ErrorDetail.optional() }),
]);
export type RestoreState = z.infer<typeof RestoreState>;

const restoreDeadlineSeconds = 600;

/** `snapshot.restore`: a new claim from the snapshot; what a failed restore had made is removed by the one who made it. */
export class RestoreVolumeWorkflow implements Workflow<RestoreState> {
  readonly kind = 'restore';

  cancellable(state: RestoreState): boolean {
    return state.phase === 'restoring';
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
