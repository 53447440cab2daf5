import { ObjectName, ObjectUid, SnapfleetError, SnapshotPolicy, SnapshotReady } from '@snapfleet/contracts';
import { expect, test } from 'vitest';
import type { StepOutcome, Transition, WorkflowContext } from '../../operations/operation.js';
import { begunOperationWith } from '../../testing/samples.js';
import { afterResume } from './create-return.js';
import type { CreateState, CreateStateIn, Cut } from './create-state.js';

const ready = SnapshotReady.data.parse(SnapshotReady.example);
const { restorePointId, namespace, persistentVolumeClaim } = ready;
const now = new Date('2026-11-23T10:00:30Z');
const late = new SnapfleetError('deadline_exceeded', 'workload.quiesce was not answered').toDetail();
const notQuiesced: Cut = { kind: 'failed', error: late, phase: 'quiescing', begun: false };

const context: WorkflowContext = {
  operation: begunOperationWith(),
  restorePoints: [
    {
      restorePointId,
      namespace,
      persistentVolumeClaim,
      phase: 'requested',
      policy: SnapshotPolicy.parse({}),
      backups: [],
      verifications: [],
      requestedAt: now.toISOString(),
    },
  ],
  allRestorePoints: () => [],
  now,
};

/** After a resume of a bare Pod that could not be sent. */
function afterTooLarge(cut: Cut, retryable: boolean): Transition<CreateState> {
  const pod = { kind: 'Pod' as const, name: ObjectName.parse('orders'), uid: ObjectUid.parse('u'), manifest: {} };
  const quiesced = { level: 'cold' as const, workload: pod, endedPodUids: [], since: now.toISOString() };
  const state: CreateStateIn<'resuming'> = { phase: 'resuming', quiesced, cut, attempt: 1 };
  const error = new SnapfleetError('message_too_large', 'too large', { retryable }).toDetail();
  const outcome: StepOutcome = { kind: 'failed', error };
  return afterResume(state, outcome, context);
}

test('a workload whose manifest fits into no message was never taken away: the operation ends with why it was not', () => {
  const { state, events, restorePoints } = afterTooLarge(notQuiesced, false);
  expect(state).toEqual({ phase: 'failed' });
  expect(events.map(({ definition, data }) => [definition.name, data])).toEqual([
    ['snapshot.failed', expect.objectContaining({ phase: 'quiescing', error: late })],
  ]);
  expect(restorePoints).toMatchObject([{ phase: 'failed', error: late }]);
});

const cutReady: Cut = { kind: 'ready', snapshots: [ready.snapshot] };

test.each([
  ['only the nats-server refuses it, which can be set up otherwise', notQuiesced, true],
  ['the workload was taken away', cutReady, false],
])('a return that is too large is tried again where %s', (_why, cut, retryable) => {
  expect(afterTooLarge(cut, retryable).state).toMatchObject({ phase: 'resume-waiting', attempt: 2 });
});
