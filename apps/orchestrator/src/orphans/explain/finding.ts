import { deterministicUuid, OrphanId, type Orphan, type OrphanKind, type RestorePointId } from '@snapfleet/contracts';
import type { KnownRestorePoint } from '../standing.js';

/** The identity of an orphan: what it is, and its uid. */
export function orphanIdOf(kind: OrphanKind, uid: string): OrphanId {
  return OrphanId.parse(deterministicUuid('orphan', kind, uid));
}

/** What is to be thought of one thing: an orphan; nothing, because it is in its place; or not now. */
export type Verdict = Orphan | 'in-place' | 'undecided';

/** Whose an orphan is, and what may become of it. */
export type Disposal = Pick<Orphan, 'owner' | 'purge' | 'purgeNote'> & { readonly restorePointId?: RestorePointId };

/** What is there to be told of an orphan beside its disposal. */
export type Finding = Omit<Orphan, 'orphanId' | 'owner' | 'purge' | 'purgeNote' | 'restorePointId'>;

const cut = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

/** Puts an orphan together; texts are cut to what a message holds. */
export function orphanOf(finding: Finding, disposal: Disposal): Orphan {
  const { kind, uid, why, evidence } = finding;
  return {
    ...finding,
    orphanId: orphanIdOf(kind, uid),
    why: cut(why, 1024),
    evidence: evidence.slice(0, 16).map((text) => cut(text, 512)),
    ...disposal,
    purgeNote: cut(disposal.purgeNote, 1024),
  };
}

/** What nothing in the journal proves to be ours is explained and left alone. */
export const notOurs = (owner: 'foreign' | 'unknown', purgeNote: string): Disposal => ({
  owner,
  purge: 'never',
  purgeNote,
});

/** What else is known of an orphan of ours that decides what may become of it. */
export interface Circumstances {
  /** What refers to it or uses it. */
  readonly referencedBy: readonly string[];
  /** Whether its class said that it is to be retained. */
  readonly retained: boolean;
  /** What a purge removes. */
  readonly effect: string;
}

/**
 * What may become of what is left of a snapshot of ours: it may go only when the journal has given the snapshot up and
 * nothing refers to it.
 */
export function disposalOfSnapshot(point: KnownRestorePoint, circumstances: Circumstances): Disposal {
  const { restorePointId, standing } = point;
  const never = (purgeNote: string): Disposal => ({ owner: 'ours', restorePointId, purge: 'never', purgeNote });
  switch (standing.kind) {
    case 'kept':
      return never(
        `restore point ${restorePointId} counts on it; \`snapfleet snapshot delete ${restorePointId} --purge\` removes both`,
      );
    case 'deleting':
      return never(
        `the deletion of restore point ${restorePointId} did not succeed; \`snapfleet snapshot delete ${restorePointId}\` tries it again`,
      );
    case 'given-up': {
      const { referencedBy, retained, effect } = circumstances;
      if (referencedBy.length > 0) return never(`it is referred to: ${referencedBy.join('; ')}`);
      if (retained && !standing.failed) {
        const purgeNote = `its class retains it, so it goes by command only; a purge removes ${effect}`;
        return { owner: 'ours', restorePointId, purge: 'on-command', purgeNote };
      }
      return { owner: 'ours', restorePointId, purge: 'automatic', purgeNote: `a purge removes ${effect}` };
    }
  }
}

/** Why a restore point has no use for what was found, or that it has. */
export function becauseOf({ restorePointId, standing }: KnownRestorePoint): string {
  switch (standing.kind) {
    case 'kept':
      return `restore point ${restorePointId} counts on it`;
    case 'deleting':
      return `the deletion of restore point ${restorePointId} did not succeed`;
    case 'given-up':
      return `restore point ${restorePointId} ${standing.because}`;
  }
}
