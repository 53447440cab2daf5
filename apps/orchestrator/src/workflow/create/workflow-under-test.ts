import {
  deterministicUuid,
  OperationId,
  type QuiesceLevel,
  RestorePointId,
  SnapfleetError,
  SnapshotPolicy,
  SnapshotReady,
} from '@snapfleet/contracts';
import { expect } from 'vitest';
import { withPendingWork } from '../../catalogue/restore-point-progress.js';
import type { BegunOperation, RestorePoints, StepOutcome } from '../../operations/operation.js';
import { begunOperationWith } from '../../testing/samples.js';
import { CreateSnapshotWorkflow } from './create-snapshot.workflow.js';
import { createTransitions, type CreateState } from './create-state.js';
import { success } from './replies-under-test.js';

const workflow = new CreateSnapshotWorkflow();
export const ready = SnapshotReady.data.parse(SnapshotReady.example);
export const groupId = OperationId.parse(deterministicUuid('group'));
export const named = { kind: 'Deployment' as const, name: 'orders' };
const now = new Date('2026-11-23T10:00:30Z');

const policies: Readonly<Record<QuiesceLevel, unknown>> = {
  cold: { level: 'cold', workload: named },
  frozen: { level: 'frozen', workload: named },
  hooks: { level: 'hooks', workload: named, before: [{ command: ['lock'] }], after: [{ command: ['unlock'] }] },
  none: { level: 'none' },
};
export const levels: readonly QuiesceLevel[] = ['cold', 'frozen', 'hooks', 'none'];

function restorePoints(level: QuiesceLevel, claims: number): RestorePoints {
  const ids = Array.from({ length: claims }, (_, index) => RestorePointId.parse(deterministicUuid(`${index}`)));
  const make = (restorePointId: RestorePointId): RestorePoints[0] =>
    withPendingWork({
      restorePointId,
      namespace: ready.namespace,
      persistentVolumeClaim: ready.persistentVolumeClaim,
      phase: 'requested',
      policy: SnapshotPolicy.parse({ quiesce: policies[level] }),
      requestedAt: '2026-11-23T10:00:00Z',
      ...(claims === 1 ? {} : { group: { groupId, restorePointIds: ids } }),
    });
  const [first, ...others] = ids;
  if (first === undefined) throw new Error('no claim');
  return [make(first), ...others.map(make)];
}

function operationOf([first, ...others]: RestorePoints): BegunOperation {
  const restorePointIds = [first.restorePointId, ...others.map(({ restorePointId }) => restorePointId)] as const;
  return begunOperationWith({ operationId: groupId, restorePointIds });
}

const failedWith = (...[code, message, more]: ConstructorParameters<typeof SnapfleetError>): StepOutcome => ({
  kind: 'failed',
  error: new SnapfleetError(code, message, more).toDetail(),
});
const failures = {
  failed: failedWith('deadline_exceeded', 'late'),
  'hook failed': failedWith('hook_failed', 'unlock: exit code 1'),
  refused: failedWith('internal', 'patch of Pod orders-1: 403 Forbidden', { retryable: false }),
};

export type Choice = 'done' | keyof typeof failures | 'cancelled' | { readonly result: object };

export interface Run {
  readonly phases: string[];
  readonly events: string[];
  readonly eventIds: string[];
  /** What of `workload.resumed` others did. */
  readonly conflicts: unknown[];
  /** The data of each command. */
  readonly sent: unknown[];
  readonly points: RestorePoints;
}

/** Runs the workflow with these outcomes, then with success, until it ends. */
export function run(level: QuiesceLevel, choices: readonly Choice[], claims = 1): Run {
  let state: CreateState = { phase: 'preflight' };
  let points = restorePoints(level, claims);
  const operation = operationOf(points);
  const result: Omit<Run, 'points'> = { phases: [state.phase], events: [], eventIds: [], conflicts: [], sent: [] };
  for (let index = 0; createTransitions[state.phase].next.length > 0; index += 1) {
    const choice = choices[index] ?? 'done';
    const step = workflow.step(state, operation, points);
    const sent = step.kind === 'calls' ? step.calls : step.kind === 'call' ? [step] : [];
    for (const { definition, data } of sent) result.sent.push(definition.data.parse(data));
    expect(createTransitions[state.phase].steps).toEqual(
      expect.arrayContaining(sent.map((one) => one.definition.name)),
    );
    const transition = workflow.next(state, outcomeOf(choice, state, level, claims), {
      operation,
      restorePoints: points,
      allRestorePoints: () => [],
      now,
    });
    expect(createTransitions[state.phase].next).toContain(transition.state.phase);
    state = transition.state;
    const changed = new Map(transition.restorePoints.map((point) => [point.restorePointId, point]));
    const [first, ...others] = points.map((point) => changed.get(point.restorePointId) ?? point);
    if (first !== undefined) points = [first, ...others];
    result.phases.push(state.phase);
    for (const { definition, data, distinction = [] } of transition.events) {
      definition.data.parse(data);
      result.events.push(definition.name);
      if (definition.name === 'workload.resumed') result.conflicts.push((data as { conflict?: string }).conflict);
      result.eventIds.push([definition.name, ...distinction].join(' '));
    }
    if (index > 200) throw new Error(`does not end: ${result.phases.slice(-6).join(' ')}`);
  }
  return { ...result, points };
}

function outcomeOf(choice: Choice, state: CreateState, level: QuiesceLevel, claims: number): StepOutcome {
  if (choice === 'cancelled' && workflow.cancellable(state)) return { kind: 'cancelled' };
  if (typeof choice === 'string' && choice in failures) return failures[choice as keyof typeof failures];
  return { kind: 'done', result: typeof choice === 'object' ? choice.result : success(state, level, claims) };
}

export const gradeOf = ({ points }: Run): unknown => points[0].consistency;
