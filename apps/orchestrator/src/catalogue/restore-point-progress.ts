import {
  type BackupCompleted,
  type BackupFailed,
  type BackupRecord,
  type DataOf,
  type ErrorCode,
  type MoverName,
  type RestoreFailed,
  type RestorePoint,
  type RestoreVerified,
  SnapfleetError,
  type VerificationRecord,
} from '@snapfleet/contracts';

/** Verdicts about the data itself. Other failures, such as an API server that is away, refute no earlier proof. */
const refuting: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'verification_failed',
  'assertion_failed',
  'backup_not_found',
  'volume_not_found',
  'source_unreadable',
  'empty_volume',
]);

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

type VerificationKey = Pick<VerificationRecord, 'level' | 'mover'>;

const isOf =
  ({ level, mover }: VerificationKey) =>
  (record: VerificationRecord): boolean =>
    record.level === level && record.mover === mover;

const backupOf = (point: RestorePoint, mover: MoverName): BackupRecord =>
  point.backups.find((backup) => backup.mover === mover) ?? { mover, state: 'pending' };

function replaceBackup(point: RestorePoint, record: BackupRecord): RestorePoint {
  return { ...point, backups: [...point.backups.filter(({ mover }) => mover !== record.mover), record] };
}

function replaceVerification(point: RestorePoint, record: VerificationRecord): RestorePoint {
  const others = point.verifications.filter((other) => !isOf(record)(other));
  return { ...point, verifications: [...others, record] };
}

/** A backup that is made again: where the one before it is stays known until the new one is there. */
export function withPendingBackup(point: RestorePoint, mover: MoverName): RestorePoint {
  const { error: _former, ...known } = backupOf(point, mover);
  return replaceBackup(point, { ...known, state: 'pending' });
}

/** A verification that waits for its verdict; when it was proven last stays known, and that it has failed since. */
export function withPendingVerification(point: RestorePoint, key: VerificationKey): RestorePoint {
  const former: VerificationRecord = point.verifications.find(isOf(key)) ?? { ...key, state: 'pending' };
  return replaceVerification(point, { ...former, state: 'pending' });
}

/** After `backup.completed`. What was proven of another backup is not proven of this one. */
export function afterBackupCompleted(
  point: RestorePoint,
  fact: DataOf<typeof BackupCompleted>,
  at: string,
): RestorePoint {
  const { backup, manifest, verify } = fact;
  const { mover } = backup;
  const former = point.backups.find((record) => record.mover === mover);
  const same = former?.reference?.location === backup.location && former.manifest?.rootDigest === manifest.rootDigest;
  const backed = replaceBackup(point, { mover, state: 'completed', reference: backup, manifest, completedAt: at });
  const key = { level: 'backup' as const, mover };
  const known = backed.verifications.find(isOf(key));
  if (known === undefined || !same) {
    const others = backed.verifications.filter((record) => !isOf(key)(record));
    const pending: VerificationRecord[] = verify ? [{ ...key, state: 'pending' }] : [];
    return { ...backed, verifications: [...others, ...pending] };
  }
  return backed;
}

/** After a `backup.completed` that comes late: the attempt after it is known to have failed, where its backup is was not known. */
export function withFormerBackup(point: RestorePoint, fact: DataOf<typeof BackupCompleted>, at: string): RestorePoint {
  const { backup: reference, manifest } = fact;
  const known = backupOf(point, reference.mover);
  const state = known.state === 'failed' ? 'completed' : known.state;
  return replaceBackup(point, { ...known, state, reference, manifest, completedAt: at });
}

/** After `backup.failed`: the verification that would have followed has failed with it; an earlier backup is still there. */
export function afterBackupFailed(point: RestorePoint, { mover, error }: DataOf<typeof BackupFailed>): RestorePoint {
  const { error: _former, ...known } = backupOf(point, mover);
  const failed = replaceBackup(point, {
    ...known,
    state: known.reference === undefined ? 'failed' : 'completed',
    error,
  });
  const key = { level: 'backup' as const, mover };
  const waiting = failed.verifications.find((record) => isOf(key)(record) && record.state === 'pending');
  return waiting === undefined ? failed : replaceVerification(failed, { ...waiting, state: 'failed', error });
}

/** After `restore.verified`. */
export function afterVerified(point: RestorePoint, fact: DataOf<typeof RestoreVerified>, at: string): RestorePoint {
  const { level, mover, manifest } = fact;
  const key = mover === undefined ? { level } : { level, mover };
  const { rootDigest } = manifest;
  return compareDigests(replaceVerification(point, { ...key, state: 'verified', rootDigest, verifiedAt: at }));
}

/** After `restore.failed`. */
export function afterVerificationFailed(point: RestorePoint, fact: DataOf<typeof RestoreFailed>): RestorePoint {
  const { level, mover, error } = fact;
  const key = mover === undefined ? { level } : { level, mover };
  const { verifiedAt, rootDigest } = point.verifications.find(isOf(key)) ?? {};
  const proof = verifiedAt === undefined || refuting.has(error.code) ? {} : { verifiedAt, rootDigest };
  return replaceVerification(point, { ...key, ...proof, state: 'failed', error });
}

/** A backup that equals its own manifest is no copy of the snapshot unless the snapshot has the same root digest. */
function compareDigests(point: RestorePoint): RestorePoint {
  const snapshot = point.verifications.find(isOf({ level: 'snapshot' }))?.rootDigest;
  const verifications = point.verifications.map((record): VerificationRecord => {
    const { level, mover, state, rootDigest } = record;
    if (snapshot === undefined || level !== 'backup' || state !== 'verified' || rootDigest === snapshot) return record;
    const message = `the backup has root digest ${rootDigest ?? 'unknown'}, the snapshot ${snapshot}`;
    const error = new SnapfleetError('verification_failed', message).toDetail();
    return { level, ...(mover === undefined ? {} : { mover }), state: 'failed', error };
  });
  return { ...point, verifications };
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

/** The phase that the records of a restore point amount to once its snapshot has been made. */
export function settledPhase(point: Pick<RestorePoint, 'backups' | 'verifications'>): RestorePoint['phase'] {
  const verified = (level: VerificationRecord['level']): boolean =>
    point.verifications.some((record) => record.level === level && record.state === 'verified');
  const backups = point.backups.filter(({ state }) => state !== 'deleted');
  if (verified('backup')) return 'verified-remote';
  if (verified('snapshot')) return 'verified-local';
  return backups.length > 0 && backups.every(({ state }) => state === 'completed') ? 'backed-up' : 'resumed';
}

/** A deleted restore point of which a backup is there: what was proven of its snapshot and of other backups went with them. */
export function listedAgain(point: RestorePoint): RestorePoint {
  const isThere = (mover: MoverName | undefined): boolean =>
    point.backups.some((backup) => backup.mover === mover && backup.state !== 'deleted');
  const verifications = point.verifications.filter(({ level, mover }) => level === 'backup' && isThere(mover));
  const listed = { ...point, verifications };
  return { ...listed, phase: settledPhase(listed) };
}

/** The phase after a fact; only a restore point that is ready moves on by facts. */
export function phaseOf(point: RestorePoint): RestorePoint['phase'] {
  const settled: readonly RestorePoint['phase'][] = ['resumed', 'backed-up', 'verified-local', 'verified-remote'];
  return settled.includes(point.phase) ? settledPhase(point) : point.phase;
}
