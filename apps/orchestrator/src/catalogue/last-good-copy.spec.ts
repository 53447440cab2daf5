import { RestorePoint, deterministicUuid, SnapshotReady } from '@snapfleet/contracts';
import { describe, expect, test } from 'vitest';
import { expiredByRetention, wouldRemoveLastGoodCopy } from './last-good-copy.js';

const ready = SnapshotReady.example;
const reference = { mover: 'copy', destination: 'default', location: 'shop/orders/a' };
const verifiedAt = '2026-11-23T11:00:00Z';

interface Shape {
  readonly snapshot?: 'verified' | 'unverified' | 'gone';
  readonly backup?: 'verified' | 'unverified' | 'deleted';
  readonly uid?: string;
}

function point(name: string, { snapshot = 'unverified', backup, uid = ready.claim.uid }: Shape): RestorePoint {
  return RestorePoint.parse({
    restorePointId: deterministicUuid(name),
    namespace: 'shop',
    persistentVolumeClaim: 'orders',
    phase: 'resumed',
    requestedAt: '2026-11-23T10:00:00Z',
    policy: {},
    claim: { ...ready.claim, uid },
    ...(snapshot === 'gone' ? {} : { snapshot: ready.snapshot }),
    backups:
      backup === undefined
        ? []
        : [
            backup === 'deleted'
              ? { mover: 'copy', state: 'deleted' }
              : { mover: 'copy', state: 'completed', reference },
          ],
    verifications: [
      ...(snapshot === 'verified' ? [{ level: 'snapshot', state: 'verified', verifiedAt }] : []),
      ...(backup === 'verified' || backup === 'deleted'
        ? [{ level: 'backup', mover: 'copy', state: 'verified', verifiedAt }]
        : []),
    ],
  });
}

describe('the last good copy', () => {
  test('is a verified snapshot without any other verified copy', () => {
    const last = point('a', { snapshot: 'verified' });
    expect(wouldRemoveLastGoodCopy(last, [last, point('b', {})], false)).toBe(true);
  });

  test('stays when a verified backup of the same restore point is kept', () => {
    const last = point('a', { snapshot: 'verified', backup: 'verified' });
    expect(wouldRemoveLastGoodCopy(last, [last], false)).toBe(false);
    expect(wouldRemoveLastGoodCopy(last, [last], true)).toBe(true);
  });

  test('is another one when another restore point is verified', () => {
    const old = point('a', { snapshot: 'verified' });
    expect(wouldRemoveLastGoodCopy(old, [old, point('b', { backup: 'verified', snapshot: 'gone' })], true)).toBe(false);
  });

  test('does not count a backup that was deleted', () => {
    const old = point('a', { snapshot: 'verified' });
    expect(wouldRemoveLastGoodCopy(old, [old, point('b', { backup: 'deleted', snapshot: 'gone' })], false)).toBe(true);
  });
});

describe('a claim that was made again', () => {
  const former = point('former', { snapshot: 'verified', uid: deterministicUuid('former') });
  const made = point('made', { snapshot: 'verified', backup: 'verified' });

  test('is another volume for the last good copy', () => {
    expect(wouldRemoveLastGoodCopy(former, [made, former], false)).toBe(true);
  });

  test('is another volume for the retention, and takes none of its numbers', () => {
    const older = point('older', {});
    expect(expiredByRetention(made, [made, former, older], 1)).toEqual([older]);
    expect(expiredByRetention(made, [made, former, older], 2)).toEqual([]);
  });
});

describe('retention', () => {
  const expired = (points: readonly [RestorePoint, ...RestorePoint[]], keepLast: number): RestorePoint[] =>
    expiredByRetention(points[0], points, keepLast);

  test('lets go of the oldest beyond the number, the oldest first', () => {
    const points: readonly [RestorePoint, ...RestorePoint[]] = [
      point('new', { snapshot: 'verified' }),
      point('older', {}),
      point('oldest', { snapshot: 'verified' }),
    ];
    expect(expired(points, 1).map(({ restorePointId }) => restorePointId)).toEqual([
      points[2]?.restorePointId,
      points[1]?.restorePointId,
    ]);
  });

  test('lets go of nothing while none of those that are kept is verified', () => {
    expect(expired([point('new', {}), point('old', { snapshot: 'verified' })], 1)).toEqual([]);
  });
});
