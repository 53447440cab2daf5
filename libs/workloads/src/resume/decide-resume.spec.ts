import type { SavedWorkload } from '@snapfleet/contracts';
import type { ScalableWorkload } from '@snapfleet/kubernetes';
import { expect, test } from 'vitest';
import { operationId, otherOperationId } from '../testing/samples.js';
import { decideResume } from './decide-resume.js';

const saved = { kind: 'Deployment', name: 'orders', uid: 'u-1', replicas: 3 } as SavedWorkload & { kind: 'Deployment' };

function found(replicas: number, mark?: { operationId: string; replicas: number }, uid = 'u-1'): ScalableWorkload {
  const annotations = mark === undefined ? {} : { 'snapfleet.io/quiesced': JSON.stringify(mark) };
  return {
    metadata: { name: 'orders', namespace: 'shop', uid, resourceVersion: '1', annotations },
    spec: { replicas },
  };
}
const ours = { operationId, replicas: 3 };

test('a quiesced workload gets its replicas back and loses the mark', () => {
  expect(decideResume(found(0, ours), saved, operationId)).toEqual({ scaleTo: 3, removeMark: true });
});

test('the number on the mark counts, for it was true at the moment of the scale', () => {
  expect(decideResume(found(0, { operationId, replicas: 4 }), saved, operationId)).toEqual({
    scaleTo: 4,
    removeMark: true,
  });
});

test('a quiesce that had got as far as the mark only is taken back without a scale', () => {
  expect(decideResume(found(3, ours), saved, operationId)).toEqual({ removeMark: true });
});

test('a workload that is as it was and without mark needs nothing', () => {
  expect(decideResume(found(3), saved, operationId)).toEqual({ removeMark: false });
});

test('an outside scale is left in place and told', () => {
  const decision = decideResume(found(5, ours), saved, operationId);
  expect(decision).toMatchObject({ removeMark: true, conflict: expect.stringContaining('scaled to 5') as string });
  expect(decision.scaleTo).toBeUndefined();
});

test('a workload at 0 without our mark was scaled by somebody else', () => {
  expect(decideResume(found(0), saved, operationId)).toMatchObject({
    removeMark: false,
    conflict: expect.any(String) as string,
  });
});

test('the mark of another operation is not touched', () => {
  const decision = decideResume(found(0, { operationId: otherOperationId, replicas: 3 }), saved, operationId);
  expect(decision).toMatchObject({ removeMark: false, conflict: expect.stringContaining(otherOperationId) as string });
});

test('a workload that was deleted, or made again, meanwhile is told and not an error', () => {
  expect(decideResume(undefined, saved, operationId).conflict).toContain('deleted');
  expect(decideResume(found(0, ours, 'u-2'), saved, operationId).conflict).toContain('made again');
});
