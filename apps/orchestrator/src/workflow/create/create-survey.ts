import { type ErrorDetail, type ReplyOf, SnapshotPreflightPassed, type VolumeSurvey } from '@snapfleet/contracts';
import { evictableSnapshots } from '../../catalogue/evictable-snapshots.js';
import { followingDeletion } from '../../catalogue/following-deletion.js';
import type { StepOutcome, Transition, WorkflowContext } from '../../operations/operation.js';
import { fail, map } from './create-end.js';
import { eventOfEach } from './create-events.js';
import type { CreateState, CreateStateIn } from './create-state.js';
import { failureOf, withOthers } from './step-failure.js';

/** After the survey of the logical volumes and their pools: nothing may stand against it. */
export function afterSurvey(
  { volumeSnapshotClassNames, quiesced }: CreateStateIn<'surveying'>,
  outcome: StepOutcome,
  context: WorkflowContext,
): Transition<CreateState> {
  if (outcome.kind !== 'done') return fail('preflight', failureOf(outcome), context);
  const [first, ...others] = (outcome.result as ReplyOf<typeof VolumeSurvey>).findings;
  if (first !== undefined) return refuse([first, ...others], context);
  const restorePoints = map(context.restorePoints, (point) => ({ ...point, phase: 'preflight-passed' }));
  const events = eventOfEach(restorePoints, SnapshotPreflightPassed, (about, { notices = [] }) => ({
    ...about,
    notices,
  }));
  const state: CreateState =
    quiesced === undefined
      ? { phase: 'cutting', volumeSnapshotClassNames }
      : { phase: 'quiescing', volumeSnapshotClassNames, quiesced: { ...quiesced, since: context.now.toISOString() } };
  return { state, events, restorePoints };
}

/** A pool without room refuses the snapshot; where the policy says so, older snapshots go, so that a later one finds room. */
function refuse(findings: readonly [ErrorDetail, ...ErrorDetail[]], context: WorkflowContext): Transition<CreateState> {
  const error = withOthers(findings);
  const lacksRoom = findings.some(({ code }) => code === 'pool_headroom_missing');
  const [{ policy }] = context.restorePoints;
  if (!lacksRoom || policy.poolGuard.whenFull !== 'evict') return fail('preflight', error, context);
  const deviceClasses = new Set(context.restorePoints.map(({ claim }) => claim?.deviceClass ?? ''));
  const evicted = evictableSnapshots(context.allRestorePoints(), deviceClasses).slice(0, context.restorePoints.length);
  const said = `${error.message}; local snapshots that are deleted to make room: ${String(evicted.length)}`;
  const failed = fail('preflight', { ...error, message: said.slice(0, 4096), retryable: evicted.length > 0 }, context);
  return {
    ...failed,
    restorePoints: [...failed.restorePoints, ...evicted.map((point) => ({ ...point, phase: 'deleting' as const }))],
    followers: evicted.map((point) => followingDeletion(point, context.operation, 'pool-guard')),
  };
}
