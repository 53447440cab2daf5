import type { EntryOf } from '@snapfleet/contracts';
import type { Catalogue } from '../catalogue.js';
import type { KnownRestorePoint } from '../standing.js';
import { notOurs, orphanOf, type Disposal, type Finding, type Verdict } from './finding.js';

type ScratchClaim = EntryOf<'scratch-claim'>;
type ConsumerPod = EntryOf<'pod'>;

const knownPoint = (
  { managed, restorePointId }: ScratchClaim | ConsumerPod,
  catalogue: Catalogue,
): KnownRestorePoint | undefined =>
  managed && restorePointId !== undefined ? catalogue.find(restorePointId) : undefined;

/** Whether a verification that made it may still be under way. */
const isWanted = ({ standing, awaitsVerification }: KnownRestorePoint): boolean =>
  awaitsVerification && standing.kind !== 'given-up';

function disposalOfScratch(point: KnownRestorePoint, referencedBy: readonly string[], effect: string): Disposal {
  const ours = { owner: 'ours', restorePointId: point.restorePointId } as const;
  if (referencedBy.length === 0) return { ...ours, purge: 'automatic', purgeNote: effect };
  return { ...ours, purge: 'never', purgeNote: `it is used: ${referencedBy.join('; ')}` };
}

/** A claim into which a snapshot was restored to be looked at. It holds copies only. */
export function explainScratchClaim(entry: ScratchClaim, catalogue: Catalogue): Verdict {
  const point = knownPoint(entry, catalogue);
  const { namespace, name, uid, createdAt, referencedBy } = entry;
  const finding: Finding = {
    kind: 'scratch-claim',
    namespace,
    name,
    uid,
    ...(entry.sizeBytes === undefined ? {} : { sizeBytes: entry.sizeBytes }),
    why: 'the verification that made it has ended',
    evidence: [`made at ${createdAt} by operation ${entry.operationId ?? '(not told)'}`, ...referencedBy],
  };
  if (point === undefined) {
    const why = 'it carries the labels of a scratch claim, and the journal does not know its restore point';
    return orphanOf({ ...finding, why }, notOurs('unknown', 'a journal that was lost would know it'));
  }
  if (point.busy) return 'undecided';
  if (isWanted(point)) return 'in-place';
  const effect = 'a purge removes its Pod, the claim and its volume, which is a copy of the snapshot';
  return orphanOf(finding, disposalOfScratch(point, referencedBy, effect));
}

/** A Pod that used a restored claim, and is not on a scratch claim that is there. */
export function explainPod(entry: ConsumerPod, catalogue: Catalogue): Verdict {
  const point = knownPoint(entry, catalogue);
  const { namespace, name, uid, createdAt, operationId, persistentVolumeClaim, referencedBy } = entry;
  const finding: Finding = {
    kind: 'pod',
    namespace,
    name,
    uid,
    why: 'the restore that made it has ended',
    evidence: [
      `made at ${createdAt} by operation ${operationId ?? '(not told)'} for PersistentVolumeClaim ${persistentVolumeClaim ?? '(none)'}`,
    ],
  };
  if (point === undefined || operationId === undefined) {
    const why = 'it carries the labels of a restore, and the journal does not know its restore point';
    return orphanOf({ ...finding, why }, notOurs('unknown', 'a journal that was lost would know it'));
  }
  if (point.busy) return 'undecided';
  // The journal does not know the operations of verifications; theirs are told by what is still to be verified.
  const ended = catalogue.hasEnded(operationId) ?? !isWanted(point);
  if (!ended) return 'in-place';
  return orphanOf(finding, disposalOfScratch(point, referencedBy, 'a purge removes the Pod; claims of users stay'));
}
