import {
  BackupCompleted,
  BackupFailed,
  RestoreFailed,
  RestorePoint,
  RestoreVerified,
  deterministicUuid,
} from '@snapfleet/contracts';
import { describe, expect, test } from 'vitest';
import { isGood } from './last-good-copy.js';
import {
  afterBackupCompleted,
  afterBackupFailed,
  afterVerificationFailed,
  afterVerified,
  completion,
  withPendingBackup,
  withPendingVerification,
} from './restore-point-progress.js';

const at = '2026-11-23T11:00:00Z';
const otherDigest = `sha256:${'f'.repeat(64)}`;
const completed = BackupCompleted.data.parse(BackupCompleted.example);
const verified = RestoreVerified.data.parse(RestoreVerified.example);
const failed = RestoreFailed.data.parse(RestoreFailed.example);
const backupFailed = BackupFailed.data.parse(BackupFailed.example);

const fresh = RestorePoint.parse({
  restorePointId: deterministicUuid('a'),
  namespace: 'shop',
  persistentVolumeClaim: 'orders',
  phase: 'resumed',
  requestedAt: at,
  policy: {},
  backups: [{ mover: 'copy', state: 'pending' }],
  verifications: [{ level: 'backup', mover: 'copy', state: 'pending' }],
});
const proven = afterVerified(afterBackupCompleted(fresh, completed, at), verified, at);

describe('what is proven', () => {
  test('stays proven while it is verified again, and is not relied on once that has failed, for whatever cause', () => {
    const again = withPendingVerification(proven, { level: 'backup', mover: 'copy' });
    expect(isGood(again)).toBe(true);
    const away = { ...failed.error, code: 'deadline_exceeded' as const };
    const unsure = afterVerificationFailed(again, { ...failed, error: away });
    expect(unsure.verifications[0]?.verifiedAt).toBe(at);
    expect(isGood(unsure)).toBe(false);
    expect(isGood(afterVerified(unsure, verified, at))).toBe(true);
  });

  test('is refuted by a comparison that fails', () => {
    expect(isGood(afterVerificationFailed(proven, failed))).toBe(false);
  });

  test('stays known while a backup is made again, and when that fails', () => {
    const again = withPendingBackup(proven, 'copy');
    expect(isGood(again)).toBe(true);
    expect(completion(again).ended).toBe(false);
    expect(isGood(afterBackupFailed(again, backupFailed))).toBe(true);
  });

  test('is not said of another backup that took its place', () => {
    const manifest = { ...completed.manifest, rootDigest: otherDigest };
    const replaced = afterBackupCompleted(proven, { ...completed, manifest }, at);
    expect(isGood(replaced)).toBe(false);
    expect(replaced.verifications).toMatchObject([{ level: 'backup', mover: 'copy', state: 'pending' }]);
  });

  test('needs the backup to have the root digest of the snapshot', () => {
    const { mover: _mover, ...snapshot } = { ...verified, level: 'snapshot' as const };
    const manifest = { ...verified.manifest, rootDigest: otherDigest };
    const other = afterVerified(proven, { ...snapshot, manifest }, at);
    expect(completion(other).failures[0]).toMatch(/root digest/);
  });
});
