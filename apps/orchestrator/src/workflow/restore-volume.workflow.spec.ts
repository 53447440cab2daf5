import {
  deterministicUuid,
  type ErrorCode,
  ObjectName,
  OperationId,
  RestorePoint,
  SnapfleetError,
  SnapshotReady,
} from '@snapfleet/contracts';
import { expect, test } from 'vitest';
import type { StepOutcome } from '../operations/operation.js';
import { begunOperationWith } from '../testing/samples.js';
import type { RestoreState } from './restore-state.js';
import { RestoreVolumeWorkflow } from './restore-volume.workflow.js';

const workflow = new RestoreVolumeWorkflow();
const ready = SnapshotReady.data.parse(SnapshotReady.example);
const point = RestorePoint.parse({
  ...ready,
  phase: 'resumed',
  policy: {},
  requestedAt: '2026-11-22T10:00:00Z',
  backups: [],
  verifications: [],
});
const operation = begunOperationWith({
  operationId: OperationId.parse(deterministicUuid('restore')),
  kind: 'restore',
  resources: [],
});
const restoring: RestoreState = { phase: 'restoring', targetClaim: ObjectName.parse('orders-restored') };
const failed = (code: ErrorCode, message = 'why'): StepOutcome => ({
  kind: 'failed',
  error: new SnapfleetError(code, message).toDetail(),
});

/** Runs the workflow with these outcomes of its steps; what is told at the end. */
function run(outcomes: readonly StepOutcome[]) {
  let state = restoring;
  const sent: unknown[] = [];
  const told: { readonly name: string; readonly data: unknown }[] = [];
  for (const outcome of outcomes) {
    const step = workflow.step(state, operation, [point]);
    if (step.kind === 'call') sent.push({ name: step.definition.name, data: step.definition.data.parse(step.data) });
    const context = { operation, restorePoints: [point] as const, allRestorePoints: () => [], now: new Date(0) };
    const transition = workflow.next(state, outcome, context);
    told.push(
      ...transition.events.map(({ definition, data }) => ({
        name: definition.name,
        data: definition.data.parse(data),
      })),
    );
    state = transition.state;
  }
  return { state, sent, told };
}

const done = (result: object = {}): StepOutcome => ({ kind: 'done', result });
const cancelled: StepOutcome = { kind: 'cancelled' };

test('a cancel first has what was made removed, and then is told', () => {
  expect(workflow.cancellable(restoring)).toBe(true);
  expect(run([cancelled])).toMatchObject({ state: { phase: 'abandoning' }, told: [] });
  const { state, sent, told } = run([cancelled, done()]);
  const { operationId } = operation;
  const { restorePointId, namespace, snapshot } = ready;
  const about = { operationId, restorePointId, namespace, targetClaim: 'orders-restored', snapshot };
  expect(sent).toMatchObject([{ name: 'volume.restore' }, { name: 'volume.abandon', data: about }]);
  expect(state.phase).toBe('ended');
  expect(told).toMatchObject([
    { name: 'volume.restore-failed', data: { targetClaim: 'orders-restored', error: { code: 'cancelled' } } },
  ]);
});

test('a removal that is under way is not cancelled', () => {
  expect(workflow.cancellable(run([cancelled]).state)).toBe(false);
});

test('a claim that stays is told', () => {
  const { told } = run([cancelled, done({ stays: 'orders-restored stays: its data are restored' })]);
  const message = expect.stringContaining('its data are restored') as string;
  expect(told).toMatchObject([{ data: { error: { code: 'cancelled', message } } }]);
});

test('the removal is tried five times, then what stays is told with its own error', () => {
  const late = failed('deadline_exceeded', 'it was not gone');
  expect(run([cancelled, late, done(), done()]).told).toMatchObject([{ data: { error: { code: 'cancelled' } } }]);
  const { state, told } = run([cancelled, late, done(), late, done(), late, done(), late, done(), late]);
  expect(state.phase).toBe('ended');
  const message = expect.stringMatching(/could not be removed: it was not gone$/) as string;
  expect(told).toMatchObject([{ data: { error: { code: 'deadline_exceeded', message } } }]);
});

test('a restore that is done, or that failed, is told as it ended', () => {
  const reply = { claimUid: 'u', volumeHandle: ready.claim.volumeHandle, sizeBytes: 1 };
  expect(run([done(reply)]).told).toMatchObject([{ name: 'volume.restored', data: { targetUid: 'u', sizeBytes: 1 } }]);
  const { state, told } = run([failed('target_exists')]);
  expect(state.phase).toBe('ended');
  expect(told).toMatchObject([{ name: 'volume.restore-failed', data: { error: { code: 'target_exists' } } }]);
});
