import type {
  BackupCompleted,
  BackupFailed,
  BackupRecord,
  DataOf,
  MoverName,
  RestoreFailed,
  RestorePoint,
  RestoreVerified,
  VerifyLevel,
} from '@snapfleet/contracts';
import {
  afterBackupCompleted,
  afterBackupFailed,
  afterVerificationFailed,
  afterVerified,
  withFormerBackup,
} from '../catalogue/restore-point-progress.js';
import type { Fact } from './fact.js';

const topicOfBackup = (mover: MoverName): string => `backup ${mover}`;
const topicOfProof = (level: VerifyLevel, mover: MoverName | undefined): string => `proof ${level} ${mover ?? ''}`;

const backupBy = (point: RestorePoint, mover: MoverName | undefined): BackupRecord | undefined =>
  point.backups.find((record) => record.mover === mover);

/**
 * `backup.completed`. One that was deleted is there again only where this was told after what was known of it; whether it is,
 * shows a later proof. One that nobody knows of is there, however late it is told: somebody has to be able to delete it.
 */
export function toldBackup(data: DataOf<typeof BackupCompleted>, sequence: number, at: string): Fact {
  const { mover } = data.backup;
  return {
    restorePointId: data.restorePointId,
    sequence,
    // A verdict that was told before is about what was at the destination before.
    topics: [topicOfBackup(mover), topicOfProof('backup', mover)],
    change: (point, age) => {
      const known = backupBy(point, mover);
      if (known?.state === 'deleted' && age !== 'newer') return undefined;
      if (age !== 'older') return afterBackupCompleted(point, data, at);
      return known?.reference === undefined ? withFormerBackup(point, data, at) : undefined;
    },
  };
}

/** `backup.failed`. */
export function toldBackupFailure(data: DataOf<typeof BackupFailed>, sequence: number): Fact {
  return {
    restorePointId: data.restorePointId,
    sequence,
    topics: [topicOfBackup(data.mover)],
    change: (point, age) =>
      age === 'older' || backupBy(point, data.mover)?.state === 'deleted' ? undefined : afterBackupFailed(point, data),
  };
}

/** `restore.verified`. */
export const toldProof = (data: DataOf<typeof RestoreVerified>, sequence: number, at: string): Fact =>
  verdict(data, sequence, (point) => afterVerified(point, data, at));

/** `restore.failed`. */
export const toldProofFailure = (data: DataOf<typeof RestoreFailed>, sequence: number): Fact =>
  verdict(data, sequence, (point) => afterVerificationFailed(point, data));

/** The newest verdict counts, and none about what is not there any more. */
function verdict(
  { restorePointId, level, mover }: DataOf<typeof RestoreVerified> | DataOf<typeof RestoreFailed>,
  sequence: number,
  change: (point: RestorePoint) => RestorePoint,
): Fact {
  const isGone = (point: RestorePoint): boolean =>
    level === 'snapshot' ? point.snapshot === undefined : backupBy(point, mover)?.state === 'deleted';
  return {
    restorePointId,
    sequence,
    topics: [topicOfProof(level, mover)],
    change: (point, age) => (age === 'older' || isGone(point) ? undefined : change(point)),
  };
}
