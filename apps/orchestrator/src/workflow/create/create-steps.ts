import {
  ClaimPreflight,
  type DataInputOf,
  mostEndedPods,
  type RestorePoint,
  type SnapshotPolicy,
  SnapshotRemove,
  SnapshotTake,
  VolumeSurvey,
  WorkloadQuiesce,
  WorkloadResume,
  WorkloadRunHooks,
  WritersFreeze,
  WritersThaw,
} from '@snapfleet/contracts';
import type { BegunOperation, RestorePoints, Step, StepCall } from '../../operations/operation.js';
import { backOffMs } from '../back-off.js';
import type { CreateState, CreateStateIn, Quiesced } from './create-state.js';
import { quiesceLimits } from './quiesce-limits.js';

const second = 1000;
const answerMargin = 60 * second;
const removeDeadlineSeconds = 300;
/** Short: while writers are frozen every second counts, and a freeze that is late has ended by itself. */
const freezeAnswerMs = 15 * second;

const volumeOf = ({ namespace, persistentVolumeClaim }: RestorePoint) => ({ namespace, persistentVolumeClaim });

/** What a state does. */
export function createStep(state: CreateState, operation: BegunOperation, points: RestorePoints): Step {
  switch (state.phase) {
    case 'preflight':
      return { kind: 'calls', calls: points.map((point) => preflight(operation, point)), whenOneFails: 'end-others' };
    case 'surveying':
      return { kind: 'call', ...survey(points) };
    case 'quiescing':
      return { kind: 'call', ...quiesce(state, operation, points) };
    case 'cutting':
      return {
        kind: 'calls',
        calls: points.map((point, index) => take(state, operation, point, index)),
        whenOneFails: 'end-others',
      };
    case 'resuming':
      return { kind: 'call', ...resume(state, operation, points) };
    case 'cleaning':
      return { kind: 'calls', calls: points.map((point) => remove(operation, point)), whenOneFails: 'finish-others' };
    case 'resume-waiting':
    case 'cleaning-waiting':
      return { kind: 'wait', delayMs: backOffMs(state.attempt) };
    case 'ready':
    case 'failed':
      return { kind: 'end' };
  }
}

function preflight({ fencingToken }: BegunOperation, point: RestorePoint): StepCall {
  const { quiesce, volumeSnapshotClassName } = point.policy;
  const data = { ...volumeOf(point), fencingToken, quiesce, volumeSnapshotClassName };
  return { definition: ClaimPreflight, data, deadlineMs: 2 * answerMargin };
}

function survey(points: RestorePoints): StepCall {
  const [{ policy }] = points;
  const { maximumDataPercent: dataPercent, maximumMetadataPercent: metadataPercent } = policy.poolGuard;
  const volumeHandles = points.flatMap(({ claim }) => claim?.volumeHandle ?? []);
  const data = { volumeHandles, thresholds: { dataPercent, metadataPercent } };
  return { definition: VolumeSurvey, data, deadlineMs: 2 * answerMargin };
}

function quiesce({ quiesced }: CreateStateIn<'quiescing'>, operation: BegunOperation, points: RestorePoints): StepCall {
  const { operationId, fencingToken } = operation;
  const [{ policy }] = points;
  switch (quiesced.level) {
    case 'cold': {
      const limits = quiesceLimits(policy);
      const [first, ...others] = points;
      const otherClaims = others.map(({ persistentVolumeClaim }) => persistentVolumeClaim);
      const own = { operationId, fencingToken, workload: quiesced.workload };
      const data = { ...own, ...volumeOf(first), otherClaims, ...limits };
      return { definition: WorkloadQuiesce, data, deadlineMs: limits.deadlineSeconds * second + answerMargin };
    }
    case 'frozen': {
      const maximumSeconds = policy.quiesce.level === 'frozen' ? policy.quiesce.maximumFreezeSeconds : 1;
      const data = { operationId, podUids: quiesced.pods.map(({ uid }) => uid), maximumSeconds };
      return { definition: WritersFreeze, data, deadlineMs: freezeAnswerMs };
    }
    case 'hooks':
      return runHooks('before', quiesced, operation, points);
  }
}

function resume(
  { quiesced, failures = 0 }: CreateStateIn<'resuming'>,
  operation: BegunOperation,
  points: RestorePoints,
): StepCall {
  const { operationId, fencingToken } = operation;
  const [point] = points;
  switch (quiesced.level) {
    case 'cold': {
      const data = { operationId, fencingToken, ...volumeOf(point), workload: quiesced.workload };
      return { definition: WorkloadResume, data, deadlineMs: answerMargin };
    }
    case 'frozen': {
      const { freezeId } = quiesced;
      return { definition: WritersThaw, data: { operationId, freezeId }, deadlineMs: freezeAnswerMs };
    }
    case 'hooks':
      return runHooks('after', quiesced, operation, points, failures === 0 ? {} : { failedBefore: failures });
  }
}

function runHooks(
  moment: 'before' | 'after',
  { pods }: Extract<Quiesced, { level: 'hooks' }>,
  { operationId, fencingToken }: BegunOperation,
  points: RestorePoints,
  more: object = {},
): StepCall {
  const [{ namespace, policy }] = points;
  const hooks = policy.quiesce.level === 'hooks' ? policy.quiesce[moment] : [];
  const persistentVolumeClaims = points.map((point) => point.persistentVolumeClaim);
  const about = { operationId, fencingToken, namespace, pods, persistentVolumeClaims };
  const data = { ...about, moment, hooks, ...timerOf(policy, moment), ...more };
  return { definition: WorkloadRunHooks, data, deadlineMs: hooksMs(hooks, pods.length) };
}

/** The dead-man timer of Pods that hooks hold; where nothing runs after the cut there is nothing that it could do. */
function timerOf({ quiesce }: SnapshotPolicy, moment: 'before' | 'after'): { readonly timer?: object } {
  if (quiesce.level !== 'hooks' || quiesce.after.length === 0) return {};
  const { workload, maximumDowntimeSeconds, after } = quiesce;
  return { timer: { workload, maximumDowntimeSeconds, ...(moment === 'before' ? { hooks: after } : {}) } };
}

/** Each hook in each Pod, one after the other. */
const hooksMs = (hooks: readonly { readonly timeoutSeconds: number }[], pods: number): number =>
  hooks.reduce((sum, { timeoutSeconds }) => sum + timeoutSeconds * second * pods, answerMargin);

function take(
  state: CreateStateIn<'cutting'>,
  operation: BegunOperation,
  point: RestorePoint,
  index: number,
): StepCall {
  const { fencingToken } = operation;
  const { restorePointId, policy, claim } = point;
  const { readyDeadlineSeconds } = policy;
  const volumeSnapshotClassName = state.volumeSnapshotClassNames[index];
  const data = {
    restorePointId,
    fencingToken,
    ...volumeOf(point),
    claimUid: claim?.uid,
    volumeSnapshotClassName,
    readyDeadlineSeconds,
    ...(state.quiesced === undefined ? {} : { quiet: quietOf(state.quiesced, operation) }),
  };
  return { definition: SnapshotTake, data, deadlineMs: readyDeadlineSeconds * second + answerMargin };
}

/** What a claim is to be quiet by, for the look after the cut. */
function quietOf(quiesced: Quiesced, { operationId }: BegunOperation): DataInputOf<typeof SnapshotTake>['quiet'] {
  const endedPodUids = quiesced.endedPodUids.slice(0, mostEndedPods);
  if (quiesced.level !== 'cold') return { operationId, endedPodUids, podUids: quiesced.pods.map(({ uid }) => uid) };
  const { workload, generation } = quiesced;
  const { kind, name, uid } = workload;
  return { operationId, endedPodUids, workload: { kind, name, uid, generation } };
}

function remove({ fencingToken }: BegunOperation, point: RestorePoint): StepCall {
  const { restorePointId } = point;
  const deadlineSeconds = removeDeadlineSeconds;
  const data = { restorePointId, fencingToken, ...volumeOf(point), purge: true, deadlineSeconds };
  return { definition: SnapshotRemove, data, deadlineMs: deadlineSeconds * second + answerMargin };
}
