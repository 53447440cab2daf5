import {
  SnapshotPolicy,
  type RestorePoint,
  SnapfleetError,
  SnapshotReady,
  deterministicUuid,
} from '@snapfleet/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Operation, StepOutcome } from '../operations/operation.js';
import { withPendingWork } from '../catalogue/restore-point-progress.js';
import { createTransitions, type CreateState } from './create-snapshot.state.js';
import { CreateSnapshotWorkflow } from './create-snapshot.workflow.js';

const workflow = new CreateSnapshotWorkflow();
const { claim, snapshot } = SnapshotReady.data.parse(SnapshotReady.example);
const operationId = SnapshotReady.data.parse(SnapshotReady.example)
  .restorePointId as unknown as Operation['operationId'];
const workload = { kind: 'Deployment' as const, name: 'orders', uid: deterministicUuid('uid'), replicas: 3 };

function restorePoint(level: 'cold' | 'none'): RestorePoint {
  const ready = SnapshotReady.data.parse(SnapshotReady.example);
  const quiesce = level === 'cold' ? { level, workload: { kind: workload.kind, name: workload.name } } : { level };
  return withPendingWork({
    restorePointId: ready.restorePointId,
    namespace: ready.namespace,
    persistentVolumeClaim: ready.persistentVolumeClaim,
    phase: 'requested',
    policy: SnapshotPolicy.parse({ quiesce }),
    requestedAt: '2026-11-23T10:00:00Z',
  });
}

const operation: Operation = {
  operationId,
  kind: 'create',
  volume: 'shop/orders',
  restorePointId: restorePoint('none').restorePointId,
  commandId: 'a-1',
  traceparent: undefined,
  requestDigest: '',
  state: {},
  finished: false,
  cancelRequested: false,
};

/** What a service would reply to the step of a state. */
function success(state: CreateState, level: 'cold' | 'none'): StepOutcome {
  switch (state.phase) {
    case 'preflight':
      return {
        kind: 'done',
        result: {
          passed: true,
          claim,
          volumeSnapshotClassName: 'c',
          deletionPolicy: 'Delete',
          ...(level === 'cold' ? { workload } : {}),
        },
      };
    case 'cutting':
      return { kind: 'done', result: snapshot };
    case 'resuming':
      return { kind: 'done', result: { resumedAt: '2026-11-23T10:01:00Z', replicas: 3 } };
    default:
      return { kind: 'done', result: {} };
  }
}

const failure: StepOutcome = {
  kind: 'failed',
  error: new SnapfleetError('deadline_exceeded', 'nobody answered').toDetail(),
};

type Choice = 'done' | 'failed' | 'cancelled';

/** Runs the workflow with these outcomes, then with success, until it ends. */
function run(
  level: 'cold' | 'none',
  choices: readonly Choice[],
): { phases: string[]; events: string[]; last: CreateState } {
  let state: CreateState = { phase: 'preflight' };
  let point = restorePoint(level);
  const phases: string[] = [state.phase];
  const events: string[] = [];
  for (let index = 0; createTransitions[state.phase].next.length > 0; index += 1) {
    const choice = choices[index] ?? 'done';
    const cancelled = choice === 'cancelled' && workflow.cancellable(state);
    const outcome: StepOutcome = cancelled
      ? { kind: 'cancelled' }
      : choice === 'failed'
        ? failure
        : success(state, level);
    const transition = workflow.next(state, outcome, {
      operation,
      restorePoint: point,
      now: new Date('2026-11-23T10:00:30Z'),
    });
    expect(createTransitions[state.phase].next).toContain(transition.state.phase);
    state = transition.state;
    point = transition.restorePoint;
    phases.push(state.phase);
    events.push(...transition.events.map(({ definition, data }) => (definition.data.parse(data), definition.name)));
    if (index > 200) throw new Error(`does not end: ${phases.slice(-6).join(' ')}`);
  }
  return { phases, events, last: state };
}

describe('snapshot.create', () => {
  test('quiesces, cuts, resumes and only then says ready', () => {
    const { events, last } = run('cold', []);
    expect(last.phase).toBe('ready');
    expect(events).toEqual(['snapshot.preflight-passed', 'workload.quiesced', 'workload.resumed', 'snapshot.ready']);
  });

  test('touches no workload when the policy names none', () => {
    expect(run('none', []).phases).toEqual(['preflight', 'cutting', 'ready']);
  });

  test('resumes the workload when the cut fails, then removes what was made, then says why', () => {
    const { phases, events } = run('cold', ['done', 'done', 'failed']);
    expect(phases).toEqual(['preflight', 'quiescing', 'cutting', 'resuming', 'cleaning', 'failed']);
    expect(events.at(-1)).toBe('snapshot.failed');
  });

  test('tries to resume until it succeeds, and tells so', () => {
    const { phases, events } = run('cold', ['done', 'done', 'done', 'failed', 'done', 'failed', 'done', 'failed']);
    expect(phases.filter((phase) => phase === 'resuming')).toHaveLength(4);
    expect(events.filter((event) => event === 'workload.resume-failed')).toHaveLength(2);
    expect(events).toContain('snapshot.ready');
  });

  test('whatever fails or is cancelled, a quiesced workload is resumed before the end, and there is one ending', () => {
    const choices = fc.array(fc.constantFrom<Choice>('done', 'failed', 'cancelled'), { maxLength: 40 });
    fc.assert(
      fc.property(fc.constantFrom<'cold' | 'none'>('cold', 'none'), choices, (level, outcomes) => {
        const { phases, events } = run(level, outcomes);
        if (phases.includes('quiescing'))
          expect(
            events.filter((event) => event === 'workload.resumed' || event === 'snapshot.failed').length,
          ).toBeGreaterThan(0);
        if (phases.includes('quiescing')) expect(phases).toContain('resuming');
        expect(events.filter((event) => event === 'snapshot.ready' || event === 'snapshot.failed')).toHaveLength(1);
      }),
    );
  });
});
