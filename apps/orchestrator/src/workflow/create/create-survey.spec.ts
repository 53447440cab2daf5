import {
  deterministicUuid,
  OperationId,
  RestorePoint,
  RestorePointId,
  SnapfleetError,
  SnapshotPolicy,
  SnapshotReady,
  type ErrorCode,
} from '@snapfleet/contracts';
import { describe, expect, test } from 'vitest';
import type { StepOutcome } from '../../operations/operation.js';
import { begunOperationWith } from '../../testing/samples.js';
import { CreateSnapshotWorkflow } from './create-snapshot.workflow.js';
import type { CreateState } from './create-state.js';

const workflow = new CreateSnapshotWorkflow();
const ready = SnapshotReady.data.parse(SnapshotReady.example);
const surveying: CreateState = { phase: 'surveying', volumeSnapshotClassNames: [] };
const now = new Date('2026-11-23T10:00:30Z');
const backupId = (name: string): RestorePointId => RestorePointId.parse(deterministicUuid(name));

/** An older restore point of the device; by default with a verified backup. */
function older(name: string, change: object = {}): RestorePoint {
  const reference = { mover: 'copy', destination: 'd', location: name };
  return RestorePoint.parse({
    restorePointId: backupId(name),
    namespace: ready.namespace,
    persistentVolumeClaim: 'other',
    phase: 'resumed',
    policy: {},
    requestedAt: '2026-11-22T10:00:00Z',
    claim: ready.claim,
    snapshot: { ...ready.snapshot, deletionPolicy: 'Delete' },
    backups: [{ mover: 'copy', state: 'completed', reference }],
    verifications: [{ level: 'backup', mover: 'copy', state: 'verified', verifiedAt: '2026-11-22T11:00:00Z' }],
    ...change,
  });
}

function survey(code: ErrorCode | undefined, policy: object, all: readonly RestorePoint[] = []) {
  const point = older('new', { snapshot: undefined, backups: [], verifications: [], phase: 'requested' });
  const operation = begunOperationWith({
    operationId: OperationId.parse(point.restorePointId),
    restorePointIds: [point.restorePointId],
    state: surveying,
  });
  const findings = code === undefined ? [] : [new SnapfleetError(code, 'no room').toDetail()];
  const outcome: StepOutcome = { kind: 'done', result: { volumes: [], findings } };
  const restorePoints = [{ ...point, policy: SnapshotPolicy.parse(policy) }] as const;
  const step = workflow.step(surveying, operation, restorePoints);
  const context = { operation, restorePoints, allRestorePoints: () => all, now };
  return { step, transition: workflow.next(surveying, outcome, context) };
}

const evict = { poolGuard: { whenFull: 'evict' } };
const evictedBy = (all: readonly RestorePoint[], policy: object = evict, code: ErrorCode = 'pool_headroom_missing') =>
  (survey(code, policy, all).transition.followers ?? []).flatMap(({ restorePointIds }) => restorePointIds);

describe('the survey before a snapshot', () => {
  test('asks about the logical volume of the claim, by the limits of the policy', () => {
    const { step } = survey(undefined, { poolGuard: { maximumDataPercent: 60 } });
    expect(step).toMatchObject({
      definition: { name: 'volume.survey' },
      data: { volumeHandles: [ready.claim.volumeHandle], thresholds: { dataPercent: 60, metadataPercent: 80 } },
    });
  });

  test('without findings the preflight has passed', () => {
    const { transition } = survey(undefined, {});
    expect(transition.state).toMatchObject({ phase: 'cutting' });
    expect(transition.events.map(({ definition }) => definition.name)).toEqual(['snapshot.preflight-passed']);
  });

  test.each(['thick_device_class', 'pool_unhealthy', 'pool_headroom_missing'] as const)('%s refuses it', (code) => {
    const { transition } = survey(code, {}, [older('old')]);
    expect(transition.events).toMatchObject([{ definition: { name: 'snapshot.failed' }, data: { error: { code } } }]);
    expect(transition.followers).toBeUndefined();
  });
});

describe('a pool guard that evicts', () => {
  test('lets the oldest local snapshot go whose backup is verified, and refuses all the same', () => {
    const all = [older('newer'), older('old')];
    const { transition } = survey('pool_headroom_missing', evict, all);
    expect(transition.state.phase).toBe('failed');
    expect(transition.followers).toMatchObject([
      { kind: 'delete', restorePointIds: [backupId('old')], state: { cause: 'pool-guard', deleteBackups: false } },
    ]);
    expect(transition.restorePoints).toMatchObject([{ phase: 'failed' }, { phase: 'deleting' }]);
    expect(transition.restorePoints[0]?.error).toMatchObject({ retryable: true });
  });

  test.each([
    ['without a backup', { backups: [] }],
    ['whose backup was not verified', { verifications: [] }],
    ['whose backup is gone', { backups: [{ mover: 'copy', state: 'deleted' }] }],
    ['for which a verification still waits', { verifications: [{ level: 'snapshot', state: 'pending' }] }],
    ['that is being deleted', { phase: 'deleting' }],
    ['whose deletion frees nothing', { snapshot: { ...ready.snapshot, deletionPolicy: 'Retain' } }],
    ['of another device class', { claim: { ...ready.claim, deviceClass: 'another' } }],
  ])('keeps a snapshot %s', (_title, change) => {
    expect(evictedBy([older('kept', change)])).toEqual([]);
    expect(evictedBy([older('kept', change), older('old')])).toEqual([backupId('old')]);
  });

  test('evicts nothing for another reason than room', () => {
    expect(evictedBy([older('old')], evict, 'pool_unhealthy')).toEqual([]);
    expect(evictedBy([older('old')], {})).toEqual([]);
  });
});
