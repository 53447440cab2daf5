import {
  type ConsistencyGrade,
  type ErrorDetail,
  mostHookFailures,
  type ReplyOf,
  type RestorePoint,
  type WorkloadResume,
  WorkloadResumed,
  WorkloadResumeFailed,
  type WorkloadRunHooks,
  type WritersThaw,
} from '@snapfleet/contracts';
import type { StepOutcome, Transition, WorkflowContext } from '../../operations/operation.js';
import { map, settleCut } from './create-end.js';
import { eventOfEach } from './create-events.js';
import type { CreateState, CreateStateIn, Cut } from './create-state.js';
import { failureOf } from './step-failure.js';
import { type Comeback, comeback, stayedAwayFor } from './workload-comeback.js';

/** How the workload came back. */
interface Return {
  readonly at: string;
  /** What the snapshot is worth, given that it was cut before this. */
  readonly consistency: ConsistencyGrade;
  /** As it was counted by the time since the boot. */
  readonly downtimeMs?: number | undefined;
  readonly replicas?: number | undefined;
  readonly conflict?: string | undefined;
  readonly comeback?: Comeback;
}

/** After the step that lets the workload go on. */
export function afterResume(
  state: CreateStateIn<'resuming'>,
  outcome: StepOutcome,
  context: WorkflowContext,
): Transition<CreateState> {
  if (outcome.kind === 'done') return settle(state, asDisturbed(state.cut, returnOf(state, outcome.result)), context);
  const error = failureOf(outcome);
  if (neverTakenAway(state, error)) return settleCut({ cut: state.cut, consistency: 'crash', events: [] }, context);
  const failures = (state.failures ?? 0) + (countsAgainstHooks(error) ? 1 : 0);
  if (state.quiesced.level === 'hooks' && failures >= mostHookFailures) {
    const conflict = `the hooks after the cut were given up: ${error.message}`.slice(0, 1024);
    // Without a reply nothing is known of the Pods until the cut.
    return settle(state, { at: context.now.toISOString(), consistency: 'crash', conflict }, context);
  }
  const { workload } = state.quiesced;
  const data = { workload: { kind: workload.kind, name: workload.name }, attempt: state.attempt, error };
  // People are told more and more rarely.
  const events = Number.isInteger(Math.log2(state.attempt))
    ? eventOfEach(
        context.restorePoints,
        WorkloadResumeFailed,
        (about) => ({ ...about, ...data }),
        String(state.attempt),
      )
    : [];
  const waiting = { ...state, phase: 'resume-waiting' as const, attempt: state.attempt + 1, failures };
  return { state: waiting, events, restorePoints: [] };
}

/** A manifest that fits into no `workload.resume` has fitted into no `workload.quiesce` either, which says more beside it. */
const neverTakenAway = ({ quiesced, cut }: CreateStateIn<'resuming'>, { code, retryable }: ErrorDetail): boolean =>
  quiesced.level === 'cold' &&
  cut.kind === 'failed' &&
  cut.phase === 'quiescing' &&
  code === 'message_too_large' &&
  !retryable;

/** Whatever else hinders a return, such as an API server that does not answer, is waited out. */
const countsAgainstHooks = ({ code, retryable }: ErrorDetail): boolean =>
  !retryable || code === 'hook_failed' || code === 'hooks_unsupported';

const gradeOfHooks = (failures: readonly string[]): ConsistencyGrade => (failures.length === 0 ? 'app' : 'crash');

function returnOf({ quiesced, cut }: CreateStateIn<'resuming'>, result: unknown): Return {
  switch (quiesced.level) {
    case 'cold': {
      const reply = result as ReplyOf<typeof WorkloadResume>;
      const { resumedAt: at, replicas, conflict, downtimeMs } = reply;
      return {
        at,
        downtimeMs,
        replicas,
        conflict,
        consistency: stayedAwayFor(cut, reply) ? 'app' : 'crash',
        comeback: comeback(reply),
      };
    }
    case 'frozen': {
      const { thawedAt, held, frozenMs, reason } = result as ReplyOf<typeof WritersThaw>;
      const conflict = held ? undefined : `the writers were not frozen for the whole cut: ${reason ?? 'unknown'}`;
      return { at: thawedAt, downtimeMs: frozenMs, conflict, consistency: held ? 'fs' : 'crash' };
    }
    case 'hooks': {
      const reply = result as ReplyOf<typeof WorkloadRunHooks>;
      const { endedAt, failures, gone, unhooked, downtimeMs } = reply;
      const notes = [
        ...gone.map(({ name }) => `Pod ${name} was replaced or restarted`),
        ...unhooked.map((name) => `Pod ${name} came meanwhile, without hooks`),
        ...failures.map((failure) => `a hook after the cut failed: ${failure}`),
      ];
      const conflict = notes.length === 0 ? undefined : notes.join('; ').slice(0, 1024);
      // A Pod that began anew has forgotten what its hook had made ready; one that came meanwhile has written as it liked.
      const held = gone.length === 0 && unhooked.length === 0 && stayedAwayFor(cut, reply);
      const consistency = held ? gradeOfHooks(quiesced.failures) : 'crash';
      return { at: endedAt, downtimeMs, conflict, consistency, comeback: comeback(reply) };
    }
  }
}

/** Where nobody has counted it, only the clock of the device is left, which may have been set meanwhile. */
function downtimeOf({ downtimeMs, at }: Return, since: string): Pick<RestorePoint, 'downtimeMs' | 'downtimeClock'> {
  if (downtimeMs !== undefined) return { downtimeMs, downtimeClock: 'boot' };
  return { downtimeMs: Math.max(0, Date.parse(at) - Date.parse(since)), downtimeClock: 'wall' };
}

/** Where somebody may have written during the cut, or nobody has looked, a snapshot is worth no more than after a crash. */
function asDisturbed(cut: Cut, back: Return): Return {
  if (cut.kind !== 'ready') return back;
  const seen = cut.disturbances ?? ['nobody has looked who used the volume during the cut'];
  if (seen.length === 0) return back;
  const conflict = [...(back.conflict === undefined ? [] : [back.conflict]), ...seen].join('; ');
  return { ...back, conflict, consistency: 'crash' };
}

function settle(state: CreateStateIn<'resuming'>, back: Return, context: WorkflowContext): Transition<CreateState> {
  const { quiesced, cut } = state;
  const { kind, name } = quiesced.workload;
  const downtime = downtimeOf(back, quiesced.since);
  const ready = cut.kind === 'ready';
  const restorePoints = map(context.restorePoints, (point) => ({
    ...point,
    ...downtime,
    ...(back.comeback?.broughtBack === undefined ? {} : { broughtBack: back.comeback.broughtBack }),
    ...(ready ? { phase: 'resumed' as const } : {}),
  }));
  const facts = {
    workload: { kind, name },
    ...downtime,
    ...(back.replicas === undefined ? {} : { replicas: back.replicas }),
    ...(back.conflict === undefined ? {} : { conflict: back.conflict.slice(0, 1024) }),
    ...back.comeback,
  };
  const events = eventOfEach(restorePoints, WorkloadResumed, (about) => ({ ...about, ...facts }));
  return settleCut({ cut, consistency: back.consistency, events }, { ...context, restorePoints });
}
