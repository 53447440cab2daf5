import type { EntryOf } from '@snapfleet/contracts';
import type { Catalogue } from '../catalogue.js';
import type { KnownRestorePoint } from '../standing.js';
import { becauseOf, disposalOfSnapshot, notOurs, orphanOf, type Finding, type Verdict } from './finding.js';

type Entry = EntryOf<'volume-snapshot'>;

/** Whether an entry is the VolumeSnapshot that a restore point's own `snapshot.take` makes: by label, name and claim. */
export function isOfRestorePoint(entry: Entry, point: KnownRestorePoint): boolean {
  return (
    entry.managed &&
    entry.restorePointId === point.restorePointId &&
    entry.name === `snapfleet-${point.restorePointId}` &&
    entry.namespace === point.namespace &&
    entry.persistentVolumeClaim === point.persistentVolumeClaim
  );
}

/** A VolumeSnapshot that is old enough to be judged. */
export function explainVolumeSnapshot(entry: Entry, catalogue: Catalogue): Verdict {
  if (!entry.managed) return explainForeign(entry);
  const point = entry.restorePointId === undefined ? undefined : catalogue.find(entry.restorePointId);
  if (point === undefined) {
    const finding = findingOf(
      entry,
      'it carries the labels of Snapfleet, and the journal does not know its restore point',
    );
    return orphanOf(finding, notOurs('unknown', 'a journal that was lost would know it: its owner has to decide'));
  }
  if (point.busy) return 'undecided';
  if (!isOfRestorePoint(entry, point)) {
    const why = `it carries the label of restore point ${point.restorePointId}, but not its name, namespace and claim`;
    return orphanOf(findingOf(entry, why), notOurs('unknown', 'Snapfleet did not make it'));
  }
  return explainOwn(entry, point, catalogue.ownerOfSnapshot(entry.uid)?.deletionPolicy === 'Retain');
}

function explainOwn(entry: Entry, point: KnownRestorePoint, retained: boolean): Verdict {
  const kept = point.standing.kind === 'kept';
  if (kept && point.volumeSnapshotUid !== undefined && point.volumeSnapshotUid !== entry.uid) {
    const why = `it is another VolumeSnapshot than restore point ${point.restorePointId} has, which has uid ${point.volumeSnapshotUid}`;
    return orphanOf(findingOf(entry, why), notOurs('unknown', 'Snapfleet did not make it'));
  }
  if (kept && entry.ready && entry.deletionRequestedAt === undefined) return 'in-place';
  const because = kept
    ? entry.deletionRequestedAt === undefined
      ? `restore point ${point.restorePointId} counts on it, and it is not ready any more`
      : `restore point ${point.restorePointId} counts on it, and somebody asked for its deletion`
    : `${becauseOf(point)}, and its VolumeSnapshot is still there`;
  const effect = 'the VolumeSnapshot, its content and its logical volume';
  const circumstances = { referencedBy: entry.referencedBy, retained, effect };
  return orphanOf(findingOf(entry, because), disposalOfSnapshot(point, circumstances));
}

/** Of others only what is broken or stuck is in the inventory. */
function explainForeign(entry: Entry): Verdict {
  const state =
    entry.deletionRequestedAt === undefined
      ? `it never became ready: ${entry.error ?? 'no error is told; is the snapshot-controller running?'}`
      : `its deletion was asked for at ${entry.deletionRequestedAt}, and it is still there`;
  const note = 'it belongs to somebody else, who deletes it with `kubectl delete volumesnapshot`';
  return orphanOf(findingOf(entry, state), notOurs('foreign', note));
}

function findingOf(entry: Entry, why: string): Finding {
  const { namespace, name, uid, persistentVolumeClaim, finalizers, error, referencedBy, createdAt } = entry;
  return {
    kind: 'volume-snapshot',
    namespace,
    name,
    uid,
    volumeSnapshotUid: uid,
    ...(entry.volumeHandle === undefined ? {} : { volumeHandle: entry.volumeHandle }),
    ...(entry.sizeBytes === undefined ? {} : { sizeBytes: entry.sizeBytes }),
    why,
    evidence: [
      `made at ${createdAt} of PersistentVolumeClaim ${persistentVolumeClaim ?? '(none)'}; ready: ${String(entry.ready)}`,
      ...(entry.deletionRequestedAt === undefined
        ? []
        : [
            `its deletion was asked for at ${entry.deletionRequestedAt}; finalizers: ${finalizers.join(', ') || 'none'}`,
          ]),
      ...(error === undefined ? [] : [`the driver says: ${error}`]),
      ...(entry.holdsClaim
        ? [`the deletion of PersistentVolumeClaim ${namespace}/${persistentVolumeClaim ?? ''} waits for it`]
        : []),
      ...referencedBy,
    ],
  };
}
