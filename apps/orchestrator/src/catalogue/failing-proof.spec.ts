import { deterministicUuid, type ErrorCode, RestoreFailed, RestorePoint, SnapshotReady } from '@snapfleet/contracts';
import { describe, expect, test } from 'vitest';
import { evictableSnapshots } from './evictable-snapshots.js';
import { expiredByRetention, wouldRemoveLastGoodCopy } from './last-good-copy.js';
import { afterVerificationFailed, withPendingVerification } from './restore-point-progress.js';

const ready = SnapshotReady.data.parse(SnapshotReady.example);
const failed = RestoreFailed.data.parse(RestoreFailed.example);
const verifiedAt = '2026-11-23T11:00:00Z';
const ofBackup = { level: 'backup' as const, mover: 'copy' };

/** A restore point with a local snapshot that was not verified, and a verified backup of it. */
const backedUp = (name: string): RestorePoint =>
  RestorePoint.parse({
    restorePointId: deterministicUuid(name),
    namespace: 'shop',
    persistentVolumeClaim: 'orders',
    phase: 'verified-remote',
    requestedAt: '2026-11-23T10:00:00Z',
    policy: {},
    claim: ready.claim,
    snapshot: { ...ready.snapshot, deletionPolicy: 'Delete' },
    backups: [
      { mover: 'copy', state: 'completed', reference: { mover: 'copy', destination: 'default', location: name } },
    ],
    verifications: [{ ...ofBackup, state: 'verified', verifiedAt }],
  });

const failing = (name: string, code: ErrorCode): RestorePoint =>
  afterVerificationFailed(backedUp(name), { ...failed, error: { ...failed.error, code } });

const classes = new Set([ready.claim.deviceClass]);

// What a damaged repository, a damaged backup.json or an exit code of rsync comes to; and a destination that is gone.
describe.each(['mover_failed', 'destination_unavailable'] as const)('a backup that restores no more (%s)', (code) => {
  const point = failing('a', code);

  test('is no reason to let its own local snapshot go', () => {
    expect(wouldRemoveLastGoodCopy(backedUp('a'), [backedUp('a')], false)).toBe(false);
    expect(wouldRemoveLastGoodCopy(point, [point], false)).toBe(true);
  });

  test('is no reason to evict its local snapshot', () => {
    expect(evictableSnapshots([backedUp('a')], classes)).toHaveLength(1);
    expect(evictableSnapshots([point], classes)).toEqual([]);
  });

  test('is no reason to let another restore point go, by command or by the retention', () => {
    const other = backedUp('b');
    expect(wouldRemoveLastGoodCopy(other, [point, other], true)).toBe(true);
    expect(expiredByRetention(point, [point, other], 1)).toEqual([]);
  });

  test('counts as good while it is itself to go', () => {
    expect(wouldRemoveLastGoodCopy(point, [point], true)).toBe(true);
    expect(wouldRemoveLastGoodCopy(point, [point, backedUp('b')], true)).toBe(false);
  });

  test('is none before a new verdict has come', () => {
    const again = withPendingVerification(point, ofBackup);
    expect(wouldRemoveLastGoodCopy(again, [again], false)).toBe(true);
  });
});
