import {
  type ErrorDetail,
  type ObjectName,
  type OperationId,
  type ReplyOf,
  type RestorePoint,
  SnapfleetError,
  VolumeAbandon,
  VolumeRestore,
  VolumeRestored,
  VolumeRestoreFailed,
} from '@snapfleet/contracts';
import type {
  Operation,
  RestorePoints,
  Step,
  StepCall,
  StepOutcome,
  Transition,
  Workflow,
  WorkflowContext,
} from '../operations/operation.js';
import { backOffMs } from './back-off.js';
import { failureOf } from './create/step-failure.js';
import { type RestoreState, type RestoreStateIn, restoreTransitions } from './restore-state.js';
import { aboutRestorePoint, readySnapshot } from './restore-point-view.js';

const restoreDeadlineSeconds = 600;
const abandonDeadlineSeconds = 300;
const abandonAttempts = 5;
const answerMs = 60_000;
const longestText = 4096;

/** `snapshot.restore`: a new claim from the snapshot; what a failed restore had made is removed by the one who made it. */
export class RestoreVolumeWorkflow implements Workflow<RestoreState> {
  readonly kind = 'restore';

  cancellable(state: RestoreState): boolean {
    return restoreTransitions[state.phase].cancellable;
  }

  step(state: RestoreState, { operationId }: Operation, [point]: RestorePoints): Step {
    switch (state.phase) {
      case 'restoring':
        return { kind: 'call', ...restore(state, operationId, point) };
      case 'abandoning': {
        const { restorePointId, namespace } = point;
        const { snapshot } = readySnapshot(point);
        const about = { operationId, restorePointId, namespace, targetClaim: state.targetClaim, snapshot };
        const data = { ...about, deadlineSeconds: abandonDeadlineSeconds };
        return {
          kind: 'call',
          definition: VolumeAbandon,
          data,
          deadlineMs: abandonDeadlineSeconds * 1000 + answerMs,
        };
      }
      case 'abandon-waiting':
        return { kind: 'wait', delayMs: backOffMs(state.attempt) };
      case 'ended':
        return { kind: 'end' };
    }
  }

  next(state: RestoreState, outcome: StepOutcome, { restorePoints }: WorkflowContext): Transition<RestoreState> {
    const [point] = restorePoints;
    switch (state.phase) {
      case 'restoring':
        return afterRestore(state, outcome, point);
      case 'abandoning':
        return afterAbandon(state, outcome, point);
      case 'abandon-waiting':
        return unchanged({ ...state, phase: 'abandoning' });
      case 'ended':
        return unchanged(state);
    }
  }
}

const unchanged = (state: RestoreState): Transition<RestoreState> => ({ state, events: [], restorePoints: [] });

function restore(
  { targetClaim, sizeBytes }: RestoreStateIn<'restoring'>,
  operationId: OperationId,
  point: RestorePoint,
): StepCall {
  const { claim, snapshot } = readySnapshot(point);
  const data = {
    operationId,
    ...aboutRestorePoint(point),
    targetClaim,
    purpose: 'user' as const,
    claim,
    snapshot,
    deadlineSeconds: restoreDeadlineSeconds,
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
  };
  return { definition: VolumeRestore, data, deadlineMs: restoreDeadlineSeconds * 1000 + answerMs };
}

function afterRestore(
  { targetClaim }: RestoreStateIn<'restoring'>,
  outcome: StepOutcome,
  point: RestorePoint,
): Transition<RestoreState> {
  switch (outcome.kind) {
    case 'done': {
      const reply = outcome.result as ReplyOf<typeof VolumeRestore>;
      const about = { ...aboutRestorePoint(point), targetClaim };
      const data = { ...about, targetUid: reply.claimUid, sizeBytes: reply.sizeBytes };
      return { state: { phase: 'ended' }, events: [{ definition: VolumeRestored, data }], restorePoints: [] };
    }
    case 'failed':
      return fail(targetClaim, outcome.error, point);
    case 'cancelled':
      return unchanged({ phase: 'abandoning', targetClaim, attempt: 1 });
  }
}

/** The cancel did not keep the cluster operator from working on: only now nothing does. */
function afterAbandon(
  state: RestoreStateIn<'abandoning'>,
  outcome: StepOutcome,
  point: RestorePoint,
): Transition<RestoreState> {
  const { targetClaim, attempt } = state;
  if (outcome.kind === 'done') {
    const { stays } = outcome.result as ReplyOf<typeof VolumeAbandon>;
    return fail(targetClaim, cancelled(stays), point);
  }
  const error = failureOf(outcome);
  if (error.retryable && attempt < abandonAttempts) {
    return unchanged({ phase: 'abandon-waiting', targetClaim, attempt: attempt + 1 });
  }
  const message = `the restore was cancelled, but what it had made could not be removed: ${error.message}`;
  return fail(targetClaim, { ...error, message: message.slice(0, longestText) }, point);
}

function cancelled(stays: string | undefined): ErrorDetail {
  const what = 'the restore was cancelled on request';
  return new SnapfleetError('cancelled', stays === undefined ? what : `${what}; ${stays}`).toDetail();
}

function fail(targetClaim: ObjectName, error: ErrorDetail, point: RestorePoint): Transition<RestoreState> {
  const data = { ...aboutRestorePoint(point), targetClaim, error };
  return {
    state: { phase: 'ended', error },
    events: [{ definition: VolumeRestoreFailed, data }],
    restorePoints: [],
  };
}
