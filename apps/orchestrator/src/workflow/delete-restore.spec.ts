import { ObjectName, OperationId, type RestorePoint, SnapfleetError } from '@snapfleet/contracts';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { OrchestratorUnderTest } from '../catalogue/orchestrator-under-test.js';
import type { BegunOperation, StepOutcome, Workflow } from '../operations/operation.js';
import { DeleteSnapshotWorkflow } from './delete-snapshot.workflow.js';
import { type DeleteState, deleteTransitions } from './delete-state.js';
import { type RestoreState, restoreTransitions } from './restore-state.js';
import { RestoreVolumeWorkflow } from './restore-volume.workflow.js';
import type { Transitions } from './state-facts.js';

/** An orchestrator with a restore point that has a snapshot and a backup. */
async function prepared(): Promise<{ device: OrchestratorUnderTest; point: RestorePoint; operation: BegunOperation }> {
  const device = new OrchestratorUnderTest();
  const id = await device.make();
  await device.backUp(id);
  const point = device.restorePoints.find(id);
  const operation = device.operations.find(OperationId.parse(id));
  if (point === undefined || operation?.fencingToken === undefined) throw new Error('it was not made');
  return { device, point, operation: { ...operation, fencingToken: operation.fencingToken } };
}

const { device: _device, point: made, operation } = await prepared();
const failed: StepOutcome = { kind: 'failed', error: new SnapfleetError('deadline_exceeded', 'no answer').toDetail() };
type Choice = 'done' | 'failed' | 'cancelled';
const choices = fc.array(fc.constantFrom<Choice>('done', 'failed', 'cancelled'), { maxLength: 6 });

interface Machine<State extends { readonly phase: string }> {
  readonly workflow: Workflow<State>;
  readonly transitions: Transitions<string>;
  readonly first: State;
}

/** Runs it to its end by these outcomes, and holds each step to the table. */
function expectTable<State extends { readonly phase: string }>(
  machine: Machine<State>,
  outcomes: readonly Choice[],
): void {
  const { workflow, transitions } = machine;
  let [state, point, index] = [machine.first, made, 0];
  for (
    let facts = transitions[state.phase];
    facts !== undefined && facts.next.length > 0;
    facts = transitions[state.phase]
  ) {
    const step = workflow.step(state, operation, [point]);
    expect(facts.steps).toEqual(step.kind === 'call' ? [step.definition.name] : []);
    expect(workflow.cancellable(state)).toBe(facts.cancellable);
    const choice = step.kind === 'call' ? (outcomes[index++] ?? 'done') : 'done';
    const cancelled = choice === 'cancelled' && facts.cancellable;
    const done: StepOutcome = { kind: 'done', result: { freed: true, claimUid: 'uid', sizeBytes: 1 } };
    const outcome = cancelled ? ({ kind: 'cancelled' } as const) : choice === 'failed' ? failed : done;
    const context = { operation, restorePoints: [point] as const, allRestorePoints: () => [], now: new Date(0) };
    const transition = workflow.next(state, outcome, context);
    expect(facts.next).toContain(transition.state.phase);
    point = transition.restorePoints[0] ?? point;
    state = transition.state;
  }
  expect(state.phase).toBe('ended');
}

test.each([false, true])('snapshot.delete goes by its table (with backups: %s)', (deleteBackups) => {
  const options = { purge: false, releaseFinalizers: false, cause: 'command', formerPhase: 'resumed' } as const;
  const first: DeleteState = { phase: 'choosing', deleteBackups, ...options };
  const machine = { workflow: new DeleteSnapshotWorkflow(), transitions: deleteTransitions, first };
  fc.assert(
    fc.property(choices, (outcomes) => {
      expectTable<DeleteState>(machine, outcomes);
    }),
  );
});

test('snapshot.restore goes by its table', () => {
  const first: RestoreState = { phase: 'restoring', targetClaim: ObjectName.parse('orders-restored') };
  const machine = { workflow: new RestoreVolumeWorkflow(), transitions: restoreTransitions, first };
  fc.assert(
    fc.property(choices, (outcomes) => {
      expectTable<RestoreState>(machine, outcomes);
    }),
  );
});

const steps = [...Object.values(deleteTransitions), ...Object.values(restoreTransitions)].flatMap(
  (facts) => facts.steps,
);

// What follows a cancel is in the spec of the cancel.
test.each(steps.filter((step) => step !== 'volume.abandon'))(
  'an orchestrator that ends during %s takes it up at that step',
  async (step) => {
    const { device, point } = await prepared();
    device.silentAt = step;
    const ended = step.endsWith('.remove')
      ? device.delete(point.restorePointId, { deleteBackups: true })
      : device.restore(point.restorePointId);
    await vi.waitFor(
      () => {
        expect(device.calls).toContain(step);
      },
      { timeout: 30_000 },
    );
    await device.stop();
    const next = new OrchestratorUnderTest(device.journal, device.copies);
    next.start();
    await ended;
    expect(next.calls[0]).toBe(step);
    const left = step.endsWith('.remove') ? [] : ['snapshot', 'backup'];
    expect([...(device.copies.get(point.restorePointId) ?? [])]).toEqual(left);
  },
);
