import {
  type ClaimPreflight,
  type ReplyOf,
  SnapfleetError,
  type SnapshotTake,
  type WorkloadQuiesce,
  WorkloadQuiesced,
  type WorkloadRunHooks,
  type WritersFreeze,
  type WritingPod,
} from '@snapfleet/contracts';
import type { RestorePoints, StepOutcome, Transition, WorkflowContext } from '../../operations/operation.js';
import { fail, map, settleCut } from './create-end.js';
import { eventOfEach } from './create-events.js';
import type { CreateState, CreateStateIn, Cut, Quiesced } from './create-state.js';
import { failureOf, withOthers } from './step-failure.js';

type Taken = ReplyOf<typeof SnapshotTake>;
type Preflight = ReplyOf<typeof ClaimPreflight>;
type Passed = Extract<Preflight, { passed: true }>;

/** After the preflight of every claim: all have to pass. */
export function afterPreflight(outcome: StepOutcome, context: WorkflowContext): Transition<CreateState> {
  if (outcome.kind !== 'done') return fail('preflight', failureOf(outcome), context);
  const replies = outcome.result as readonly Preflight[];
  const findings = replies.flatMap((reply) => (reply.passed ? [] : reply.findings));
  const [first, ...others] = findings;
  if (first !== undefined) return fail('preflight', withOthers([first, ...others]), context);
  const passed = replies.filter((reply) => reply.passed);
  const volumeSnapshotClassNames = passed.map((reply) => reply.volumeSnapshotClassName);
  const restorePoints = map(context.restorePoints, (point, index) => withPreflight(point, passed[index]));
  const quiesced = toQuiesce(restorePoints, passed, context.now);
  if (quiesced instanceof SnapfleetError) return fail('preflight', quiesced.toDetail(), { ...context, restorePoints });
  const state: CreateState = { phase: 'surveying', volumeSnapshotClassNames, ...(quiesced && { quiesced }) };
  const found = passed.flatMap(({ fencingToken }) => fencingToken ?? []).sort((one, other) => other - one)[0];
  return { state, events: [], restorePoints, ...(found === undefined ? {} : { fencingTokenFound: found }) };
}

function withPreflight(point: RestorePoints[0], reply: Passed | undefined): RestorePoints[0] {
  if (reply === undefined) return point;
  const notices = reply.notices.length === 0 ? {} : { notices: reply.notices };
  return { ...point, claim: reply.claim, ...notices };
}

/** What is about to be quiesced, with all that is needed to undo it; undefined where the policy wants nothing. */
function toQuiesce(
  [{ policy }]: RestorePoints,
  replies: readonly Passed[],
  now: Date,
): Quiesced | SnapfleetError | undefined {
  const since = now.toISOString();
  const endedPodUids = [...new Set(replies.flatMap((reply) => reply.endedPodUids))];
  const { quiesce } = policy;
  switch (quiesce.level) {
    case 'none':
      return undefined;
    case 'cold': {
      const workload = replies[0]?.workload;
      return workload === undefined ? undefined : { level: 'cold', workload, since, endedPodUids };
    }
    case 'frozen':
    case 'hooks': {
      const pods = podsOf(replies);
      const { kind, name } = quiesce.workload;
      if (pods.length === 0) return new SnapfleetError('workload_not_found', `no Pod of ${kind} ${name} runs`);
      const { workload } = quiesce;
      return quiesce.level === 'frozen'
        ? { level: 'frozen', workload, pods, since, endedPodUids }
        : { level: 'hooks', workload, pods, failures: [], since, endedPodUids };
    }
  }
}

/** Each Pod once: one may use several claims of a group. */
function podsOf(replies: readonly Passed[]): WritingPod[] {
  const byUid = new Map(replies.flatMap(({ pods }) => pods.map((pod) => [pod.uid, pod] as const)));
  return [...byUid.values()];
}

/** After the workload was quiesced, or was not: from here on every path leads through `resuming`. */
export function afterQuiesce(
  state: CreateStateIn<'quiescing'>,
  outcome: StepOutcome,
  context: WorkflowContext,
): Transition<CreateState> {
  if (outcome.kind !== 'done') {
    const cut: Cut = { kind: 'failed', error: failureOf(outcome), phase: 'quiescing', begun: false };
    const { quiesced } = state;
    return { state: { phase: 'resuming', quiesced, cut, attempt: 1 }, events: [], restorePoints: [] };
  }
  const quiesced = withOutcome(state.quiesced, outcome.result);
  const { level, workload } = quiesced;
  const restorePoints = map(context.restorePoints, (point) => ({ ...point, phase: 'quiesced' }));
  const replicas = 'replicas' in workload ? { originalReplicas: workload.replicas } : {};
  const facts = { workload: { kind: workload.kind, name: workload.name }, level, ...replicas };
  const events = eventOfEach(restorePoints, WorkloadQuiesced, (about) => ({ ...about, ...facts }));
  const { volumeSnapshotClassNames } = state;
  return { state: { phase: 'cutting', volumeSnapshotClassNames, quiesced }, events, restorePoints };
}

function withOutcome(quiesced: Quiesced, result: unknown): Quiesced {
  switch (quiesced.level) {
    case 'cold': {
      const { generation, endedPodUids } = result as ReplyOf<typeof WorkloadQuiesce>;
      return { ...quiesced, generation, endedPodUids };
    }
    case 'frozen':
      return { ...quiesced, freezeId: (result as ReplyOf<typeof WritersFreeze>).freezeId };
    case 'hooks': {
      const { pods, failures, gone, unhooked } = result as ReplyOf<typeof WorkloadRunHooks>;
      const missed = [
        ...gone.map(({ name }) => `Pod ${name} has gone or restarted`),
        ...unhooked.map((name) => `Pod ${name} came meanwhile`),
      ];
      return { ...quiesced, pods, failures: [...failures, ...missed] };
    }
  }
}

/** What was seen of each claim counts for the snapshots of all of them. */
function readyCut(replies: readonly Taken[]): Cut {
  const snapshots = replies.map(({ disturbances: _seen, ...snapshot }) => snapshot);
  const looked = replies.every(({ disturbances }) => disturbances !== undefined);
  const disturbances = [...new Set(replies.flatMap((reply) => reply.disturbances ?? []))];
  return { kind: 'ready', snapshots, ...(looked ? { disturbances } : {}) };
}

/** After the cut: all snapshots are ready, or it has failed. */
export function afterCut(
  state: CreateStateIn<'cutting'>,
  outcome: StepOutcome,
  context: WorkflowContext,
): Transition<CreateState> {
  const cut: Cut =
    outcome.kind === 'done'
      ? readyCut(outcome.result as Taken[])
      : { kind: 'failed', error: failureOf(outcome), phase: 'cutting', begun: true };
  const readyAt = context.now.toISOString();
  const restorePoints =
    cut.kind === 'failed'
      ? context.restorePoints
      : map(context.restorePoints, (point, index) => {
          const snapshot = cut.snapshots[index];
          return snapshot === undefined ? point : { ...point, phase: 'snapshot-ready', snapshot, readyAt };
        });
  const { quiesced } = state;
  if (quiesced !== undefined) {
    return { state: { phase: 'resuming', quiesced, cut, attempt: 1 }, events: [], restorePoints };
  }
  return settleCut({ cut, consistency: 'crash', events: [] }, { ...context, restorePoints });
}
