import {
  type ConsistencyGrade,
  type ErrorDetail,
  GroupFailed,
  GroupReady,
  type RestorePoint,
  SnapshotFailed,
  SnapshotReady,
} from '@snapfleet/contracts';
import type {
  PendingEvent,
  RestorePoints,
  StepOutcome,
  Transition,
  WorkflowContext,
} from '../../operations/operation.js';
import { readySnapshot } from '../restore-point-view.js';
import { eventOfEach, eventOfGroup } from './create-events.js';
import type { CreateState, CreateStateIn, Cut } from './create-state.js';
import { failureOf } from './step-failure.js';

const cleaningAttempts = 5;

/** What a cut that has ended is known to be worth. */
interface Settlement {
  readonly cut: Cut;
  readonly consistency: ConsistencyGrade;
  /** Told before the end. */
  readonly events: readonly PendingEvent[];
}

/** After the cut, and after the workload is back: ready, or failed once what was begun is removed. */
export function settleCut(settlement: Settlement, context: WorkflowContext): Transition<CreateState> {
  const { cut, consistency, events } = settlement;
  if (cut.kind === 'failed') {
    if (!cut.begun) return fail(cut.phase, cut.error, context, events);
    const state = { phase: 'cleaning' as const, failure: cut.error, failedIn: cut.phase, attempt: 1 };
    return { state, events, restorePoints: context.restorePoints };
  }
  const ready = map(context.restorePoints, (point) => ({ ...point, phase: 'resumed', consistency }));
  const told = [
    ...eventOfEach(ready, SnapshotReady, (_about, point) => readySnapshot(point)),
    ...eventOfGroup(ready, GroupReady, { consistency }),
  ];
  return { state: { phase: 'ready' }, events: [...events, ...told], restorePoints: ready };
}

/** After the removal of what a failed cut had made. */
export function afterCleaning(
  state: CreateStateIn<'cleaning'>,
  outcome: StepOutcome,
  context: WorkflowContext,
): Transition<CreateState> {
  if (outcome.kind === 'done') return fail(state.failedIn, state.failure, context);
  const error = failureOf(outcome);
  if (error.retryable && state.attempt < cleaningAttempts) {
    const waiting = { ...state, phase: 'cleaning-waiting' as const, attempt: state.attempt + 1 };
    return { state: waiting, events: [], restorePoints: [] };
  }
  const message = `${state.failure.message}; what had been made could not be removed: ${error.message}`.slice(0, 4096);
  return fail(state.failedIn, { ...state.failure, message }, context);
}

/** No restore point was made. */
export function fail(
  phase: string,
  error: ErrorDetail,
  context: WorkflowContext,
  before: readonly PendingEvent[] = [],
): Transition<CreateState> {
  const failed = map(context.restorePoints, ({ snapshot: _removed, ...rest }) => ({ ...rest, phase: 'failed', error }));
  const events = [
    ...before,
    ...eventOfEach(failed, SnapshotFailed, (about) => ({ ...about, phase, error })),
    ...eventOfGroup(failed, GroupFailed, { phase, error }),
  ];
  return { state: { phase: 'failed' }, events, restorePoints: failed };
}

/** All of the restore points, changed. */
export const map = (
  [first, ...others]: RestorePoints,
  change: (point: RestorePoint, index: number) => RestorePoint,
): RestorePoints => [change(first, 0), ...others.map((point, index) => change(point, index + 1))];
