import {
  ClaimPreflight,
  type ConsistencyGrade,
  type ErrorDetail,
  type ReplyOf,
  type RestorePoint,
  SnapfleetError,
  SnapshotFailed,
  SnapshotPreflightPassed,
  SnapshotReady,
  SnapshotRemove,
  SnapshotTake,
  WorkloadQuiesce,
  WorkloadQuiesced,
  WorkloadResume,
  WorkloadResumed,
  WorkloadResumeFailed,
} from '@snapfleet/contracts';
import type {
  Operation,
  PendingEvent,
  Step,
  StepOutcome,
  Transition,
  Workflow,
  WorkflowContext,
} from '../operations/operation.js';
import { backOffMs } from './back-off.js';
import type { CreateState, Cut } from './create-snapshot.state.js';
import { quiesceLimits } from './quiesce-limits.js';
import { aboutRestorePoint, readySnapshot } from './restore-point-view.js';
import { comeback, stayedAwayFor } from './workload-comeback.js';

type In<Phase extends CreateState['phase']> = Extract<CreateState, { phase: Phase }>;

const second = 1000;
const answerMargin = 60 * second;
const cleaningAttempts = 5;

const cancelled = (): ErrorDetail =>
  new SnapfleetError('cancelled', 'the operation was cancelled on request').toDetail();

/** The error of a step that did not succeed. */
function failureOf(outcome: Exclude<StepOutcome, { kind: 'done' }>): ErrorDetail {
  return outcome.kind === 'failed' ? outcome.error : cancelled();
}

/** `snapshot.create`: preflight → quiesce → VolumeSnapshot → resume → ready; the workload is resumed on every path. */
export class CreateSnapshotWorkflow implements Workflow<CreateState> {
  readonly kind = 'create';

  cancellable(state: CreateState): boolean {
    return state.phase === 'preflight' || state.phase === 'quiescing' || state.phase === 'cutting';
  }

  step(state: CreateState, operation: Operation, point: RestorePoint): Step {
    const volume = { namespace: point.namespace, persistentVolumeClaim: point.persistentVolumeClaim };
    const { operationId, restorePointId } = operation;
    switch (state.phase) {
      case 'preflight': {
        const { quiesce, volumeSnapshotClassName } = point.policy;
        return call(ClaimPreflight, { ...volume, quiesce, volumeSnapshotClassName }, 2 * answerMargin);
      }
      case 'quiescing': {
        const limits = quiesceLimits(point.policy);
        const data = { operationId, ...volume, workload: state.quiesced.workload, ...limits };
        return call(WorkloadQuiesce, data, limits.deadlineSeconds * second + answerMargin);
      }
      case 'cutting': {
        const { readyDeadlineSeconds } = point.policy;
        const { claim, volumeSnapshotClassName } = state.preflight;
        const data = { restorePointId, ...volume, claimUid: claim.uid, volumeSnapshotClassName, readyDeadlineSeconds };
        return call(SnapshotTake, data, readyDeadlineSeconds * second + answerMargin);
      }
      case 'resuming':
        return call(WorkloadResume, { operationId, ...volume, workload: state.quiesced.workload }, answerMargin);
      case 'cleaning': {
        const deadlineSeconds = 300;
        const data = { restorePointId, ...volume, purge: true, deadlineSeconds };
        return call(SnapshotRemove, data, deadlineSeconds * second + answerMargin);
      }
      case 'resume-waiting':
      case 'cleaning-waiting':
        return { kind: 'wait', delayMs: backOffMs(state.attempt) };
      case 'ready':
      case 'failed':
        return { kind: 'end' };
    }
  }

  next(state: CreateState, outcome: StepOutcome, context: WorkflowContext): Transition<CreateState> {
    switch (state.phase) {
      case 'preflight':
        return afterPreflight(outcome, context);
      case 'quiescing':
        return afterQuiesce(state, outcome, context);
      case 'cutting':
        return afterCut(state, outcome, context);
      case 'resuming':
        return outcome.kind === 'done'
          ? afterResume(state, outcome, context)
          : resumeAgain(state, failureOf(outcome), context);
      case 'cleaning':
        return afterCleaning(state, outcome, context);
      case 'resume-waiting':
        return stay({ ...state, phase: 'resuming' }, context);
      case 'cleaning-waiting':
        return stay({ ...state, phase: 'cleaning' }, context);
      case 'ready':
      case 'failed':
        return stay(state, context);
    }
  }
}

const call = (definition: Extract<Step, { kind: 'call' }>['definition'], data: unknown, deadlineMs: number): Step => ({
  kind: 'call',
  definition,
  data,
  deadlineMs,
});

const stay = (state: CreateState, { restorePoint }: WorkflowContext): Transition<CreateState> => ({
  state,
  events: [],
  restorePoint,
});

function afterPreflight(outcome: StepOutcome, context: WorkflowContext): Transition<CreateState> {
  if (outcome.kind !== 'done') return fail('preflight', failureOf(outcome), context);
  const reply = outcome.result as ReplyOf<typeof ClaimPreflight>;
  if (!reply.passed) {
    const [first, ...others] = reply.findings;
    if (first === undefined) return fail('preflight', cancelled(), context);
    const message = [first.message, ...others.map((other) => `${other.code}: ${other.message}`)]
      .join('; ')
      .slice(0, 4096);
    return fail('preflight', { ...first, message }, context);
  }
  const preflight = { claim: reply.claim, volumeSnapshotClassName: reply.volumeSnapshotClassName };
  const restorePoint = { ...context.restorePoint, phase: 'preflight-passed' as const, claim: reply.claim };
  const events: PendingEvent[] = [{ definition: SnapshotPreflightPassed, data: aboutRestorePoint(restorePoint) }];
  if (restorePoint.policy.quiesce.level === 'none' || reply.workload === undefined) {
    return { state: { phase: 'cutting', preflight }, events, restorePoint };
  }
  const quiesced = { workload: reply.workload, since: context.now.toISOString() };
  return { state: { phase: 'quiescing', preflight, quiesced }, events, restorePoint };
}

function afterQuiesce(state: In<'quiescing'>, outcome: StepOutcome, context: WorkflowContext): Transition<CreateState> {
  if (outcome.kind !== 'done') {
    const cut: Cut = { kind: 'failed', error: failureOf(outcome), phase: 'quiescing', begun: false };
    return stay({ ...state, phase: 'resuming', cut, attempt: 1 }, context);
  }
  const { workload } = state.quiesced;
  const restorePoint = { ...context.restorePoint, phase: 'quiesced' as const };
  const data = {
    ...aboutRestorePoint(restorePoint),
    workload: { kind: workload.kind, name: workload.name },
    ...(workload.kind === 'Pod' ? {} : { originalReplicas: workload.replicas }),
  };
  return { state: { ...state, phase: 'cutting' }, events: [{ definition: WorkloadQuiesced, data }], restorePoint };
}

function afterCut(state: In<'cutting'>, outcome: StepOutcome, context: WorkflowContext): Transition<CreateState> {
  const cut: Cut =
    outcome.kind === 'done'
      ? { kind: 'ready', snapshot: outcome.result as ReplyOf<typeof SnapshotTake> }
      : { kind: 'failed', error: failureOf(outcome), phase: 'cutting', begun: true };
  const restorePoint =
    cut.kind === 'ready'
      ? {
          ...context.restorePoint,
          phase: 'snapshot-ready' as const,
          snapshot: cut.snapshot,
          readyAt: context.now.toISOString(),
        }
      : context.restorePoint;
  const { preflight, quiesced } = state;
  if (quiesced !== undefined)
    return { state: { phase: 'resuming', preflight, quiesced, cut, attempt: 1 }, events: [], restorePoint };
  return settleCut(cut, [], { ...context, restorePoint });
}

function afterResume(
  state: In<'resuming'>,
  outcome: Extract<StepOutcome, { kind: 'done' }>,
  context: WorkflowContext,
): Transition<CreateState> {
  const reply = outcome.result as ReplyOf<typeof WorkloadResume>;
  const { workload, since } = state.quiesced;
  const downtimeMs = Math.max(0, Date.parse(reply.resumedAt) - Date.parse(since));
  const ready = state.cut.kind === 'ready';
  const { broughtBack } = comeback(reply);
  const restorePoint = {
    ...context.restorePoint,
    downtimeMs,
    ...(broughtBack === undefined ? {} : { broughtBack }),
    ...(ready ? { phase: 'resumed' as const } : {}),
  };
  const resumed: PendingEvent = {
    definition: WorkloadResumed,
    data: {
      ...aboutRestorePoint(restorePoint),
      workload: { kind: workload.kind, name: workload.name },
      downtimeMs,
      ...(reply.replicas === undefined ? {} : { replicas: reply.replicas }),
      ...(reply.conflict === undefined ? {} : { conflict: reply.conflict }),
      ...comeback(reply),
    },
  };
  return settleCut(state.cut, [resumed], { ...context, restorePoint }, stayedAwayFor(state.cut, reply));
}

/** The workload comes back, however long it takes; people are told more and more rarely. */
function resumeAgain(state: In<'resuming'>, error: ErrorDetail, context: WorkflowContext): Transition<CreateState> {
  const { workload } = state.quiesced;
  const data = {
    ...aboutRestorePoint(context.restorePoint),
    workload: { kind: workload.kind, name: workload.name },
    attempt: state.attempt,
    error,
  };
  const events = Number.isInteger(Math.log2(state.attempt))
    ? [{ definition: WorkloadResumeFailed, data, distinction: String(state.attempt) }]
    : [];
  return {
    state: { ...state, phase: 'resume-waiting', attempt: state.attempt + 1 },
    events,
    restorePoint: context.restorePoint,
  };
}

/** @param stayedAway whether nobody brought the workload back while the snapshot was cut */
function settleCut(
  cut: Cut,
  before: readonly PendingEvent[],
  context: WorkflowContext,
  stayedAway = true,
): Transition<CreateState> {
  if (cut.kind === 'failed') {
    if (cut.begun) {
      const state = { phase: 'cleaning' as const, failure: cut.error, failedIn: cut.phase, attempt: 1 };
      return { state, events: before, restorePoint: context.restorePoint };
    }
    const failed = fail(cut.phase, cut.error, context);
    return { ...failed, events: [...before, ...failed.events] };
  }
  const consistency: ConsistencyGrade =
    context.restorePoint.policy.quiesce.level === 'cold' && stayedAway ? 'app' : 'crash';
  const restorePoint = { ...context.restorePoint, phase: 'resumed' as const, consistency };
  const ready: PendingEvent = { definition: SnapshotReady, data: readySnapshot(restorePoint) };
  return { state: { phase: 'ready' }, events: [...before, ready], restorePoint };
}

function afterCleaning(state: In<'cleaning'>, outcome: StepOutcome, context: WorkflowContext): Transition<CreateState> {
  if (outcome.kind === 'done') return fail(state.failedIn, state.failure, context);
  const error = failureOf(outcome);
  if (error.retryable && state.attempt < cleaningAttempts) {
    return stay({ ...state, phase: 'cleaning-waiting', attempt: state.attempt + 1 }, context);
  }
  const message = `${state.failure.message}; what had been made could not be removed: ${error.message}`.slice(0, 4096);
  return fail(state.failedIn, { ...state.failure, message }, context);
}

function fail(phase: string, error: ErrorDetail, context: WorkflowContext): Transition<CreateState> {
  const { snapshot: _removed, ...rest } = context.restorePoint;
  const restorePoint: RestorePoint = { ...rest, phase: 'failed', error };
  const event: PendingEvent = {
    definition: SnapshotFailed,
    data: { ...aboutRestorePoint(restorePoint), phase, error },
  };
  return { state: { phase: 'failed' }, events: [event], restorePoint };
}
