import type {
  BackupRecord,
  DataOf,
  RestorePoint,
  RestoreFailed,
  RestoreVerified,
  VerificationRecord,
} from '@snapfleet/contracts';
import type { BackupCompleted, BackupFailed } from '@snapfleet/contracts';

/** A restore point as it is when its command has been accepted. */
export function withPendingWork(point: Omit<RestorePoint, 'backups' | 'verifications'>): RestorePoint {
  const { movers, verify } = point.policy;
  const verifications: VerificationRecord[] = [
    ...(verify.includes('snapshot') ? [{ level: 'snapshot' as const, state: 'pending' as const }] : []),
    ...(verify.includes('backup')
      ? movers.map((mover) => ({ level: 'backup' as const, mover, state: 'pending' as const }))
      : []),
  ];
  return { ...point, backups: movers.map((mover) => ({ mover, state: 'pending' })), verifications };
}

function replaceBackup(point: RestorePoint, record: BackupRecord): RestorePoint {
  return { ...point, backups: [...point.backups.filter(({ mover }) => mover !== record.mover), record] };
}

function replaceVerification(point: RestorePoint, record: VerificationRecord): RestorePoint {
  const same = (other: VerificationRecord): boolean => other.level === record.level && other.mover === record.mover;
  return { ...point, verifications: [...point.verifications.filter((other) => !same(other)), record] };
}

/** After `backup.completed`. */
export function afterBackupCompleted(
  point: RestorePoint,
  fact: DataOf<typeof BackupCompleted>,
  at: string,
): RestorePoint {
  const { backup, manifest, verify } = fact;
  const backed = replaceBackup(point, {
    mover: backup.mover,
    state: 'completed',
    reference: backup,
    manifest,
    completedAt: at,
  });
  const known = backed.verifications.some(({ level, mover }) => level === 'backup' && mover === backup.mover);
  return verify && !known
    ? replaceVerification(backed, { level: 'backup', mover: backup.mover, state: 'pending' })
    : backed;
}

/** After `backup.failed`: the verification that would have followed has failed with it. */
export function afterBackupFailed(point: RestorePoint, { mover, error }: DataOf<typeof BackupFailed>): RestorePoint {
  const failed = replaceBackup(point, { mover, state: 'failed', error });
  const waiting = failed.verifications.some(
    (other) => other.level === 'backup' && other.mover === mover && other.state === 'pending',
  );
  return waiting ? replaceVerification(failed, { level: 'backup', mover, state: 'failed', error }) : failed;
}

/** After `restore.verified`. */
export function afterVerified(point: RestorePoint, fact: DataOf<typeof RestoreVerified>, at: string): RestorePoint {
  const { level, mover, manifest } = fact;
  const about = mover === undefined ? { level } : { level, mover };
  return replaceVerification(point, { ...about, state: 'verified', rootDigest: manifest.rootDigest, verifiedAt: at });
}

/** After `restore.failed`. */
export function afterVerificationFailed(
  point: RestorePoint,
  { level, mover, error }: DataOf<typeof RestoreFailed>,
): RestorePoint {
  const about = mover === undefined ? { level } : { level, mover };
  return replaceVerification(point, { ...about, state: 'failed', error });
}

/** Whether all that was asked for has ended, and what of it went wrong. */
export function completion(point: RestorePoint): { readonly ended: boolean; readonly failures: string[] } {
  const records = [...point.backups, ...point.verifications];
  const failures = [
    ...point.backups.flatMap(({ mover, state, error }) =>
      state === 'failed' ? [`backup ${mover}: ${error?.message ?? 'failed'}`] : [],
    ),
    ...point.verifications.flatMap(({ level, mover, state, error }) =>
      state === 'failed'
        ? [`verification of ${mover === undefined ? level : `${level} ${mover}`}: ${error?.message ?? 'failed'}`]
        : [],
    ),
  ];
  return {
    ended: records.every(({ state }) => state !== 'pending'),
    failures: failures.map((text) => text.slice(0, 512)),
  };
}

/** The phase that the records amount to; only a restore point that is ready moves on. */
export function phaseOf(point: RestorePoint): RestorePoint['phase'] {
  const settled: readonly RestorePoint['phase'][] = ['resumed', 'backed-up', 'verified-local', 'verified-remote'];
  if (!settled.includes(point.phase)) return point.phase;
  const verified = (level: VerificationRecord['level']): boolean =>
    point.verifications.some((record) => record.level === level && record.state === 'verified');
  const backups = point.backups.filter(({ state }) => state !== 'deleted');
  if (verified('backup')) return 'verified-remote';
  if (verified('snapshot')) return 'verified-local';
  return backups.length > 0 && backups.every(({ state }) => state === 'completed') ? 'backed-up' : 'resumed';
}
