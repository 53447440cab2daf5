import type { RestorePoint, RestorePointId } from '@snapfleet/contracts';

/** What the journal wants of the local snapshot of a restore point. */
export type Standing =
  /** The catalogue counts on it. */
  | { readonly kind: 'kept' }
  /** Its deletion was accepted, and has not succeeded. */
  | { readonly kind: 'deleting' }
  /** Nothing of it is wanted any more. */
  | { readonly kind: 'given-up'; readonly because: string; readonly failed: boolean };

const madePhases: ReadonlySet<RestorePoint['phase']> = new Set([
  'resumed',
  'backed-up',
  'verified-local',
  'verified-remote',
] as const);

/** What becomes of the local snapshot, by the record of its restore point. */
export function standingOf({ phase, snapshot, lostSnapshot }: RestorePoint): Standing {
  if (phase === 'failed') return { kind: 'given-up', because: 'failed', failed: true };
  if (phase === 'deleted') return { kind: 'given-up', because: 'is deleted', failed: false };
  if (phase === 'deleting') return { kind: 'deleting' };
  // What may be left of a lost snapshot stays: after an etcd was rolled back it may be the only copy.
  if (!madePhases.has(phase) || snapshot !== undefined || lostSnapshot !== undefined) return { kind: 'kept' };
  return { kind: 'given-up', because: 'is kept as a backup only, its snapshot was deleted', failed: false };
}

/** Whether a verification of the local snapshot is to come, or under way. */
export function awaitsVerification({ verifications }: RestorePoint): boolean {
  return verifications.some(({ level, state }) => level === 'snapshot' && state === 'pending');
}

/** A restore point as the journal knows it. */
export interface KnownRestorePoint {
  readonly restorePointId: RestorePointId;
  readonly namespace: string;
  readonly persistentVolumeClaim: string;
  readonly standing: Standing;
  /** An operation on it is under way. */
  readonly busy: boolean;
  readonly awaitsVerification: boolean;
  readonly volumeSnapshotUid: string | undefined;
}
