import {
  type BoundSnapshot,
  eventIdFor,
  ObjectUid,
  type RestorePoint,
  type RestorePointId,
  SnapfleetError,
  SnapshotLost,
  type VerificationRecord,
} from '@snapfleet/contracts';
import { z } from 'zod';
import { makingOperationOf } from '../catalogue/making-operation.js';
import { phaseOf } from '../catalogue/restore-point-progress.js';
import type { JournalFacts } from '../journal/journal.js';
import type { OperationStore } from '../journal/operation.store.js';
import type { Outbox } from '../journal/outbox.js';
import type { RestorePointStore } from '../journal/restore-point.store.js';
import { aboutRestorePoint } from '../workflow/restore-point-view.js';
import type { Inventories } from './explain/explain-orphans.js';
import { standingOf } from './standing.js';

interface LostParts {
  readonly journal: JournalFacts;
  readonly restorePoints: RestorePointStore;
  readonly operations: OperationStore;
  readonly outbox: Pick<Outbox, 'add'>;
}

/** A scan that saw everything. */
interface CompleteScan {
  readonly scanId: string;
  readonly time: Date;
  /** What `expected` gave before the scan. */
  readonly expected: ReadonlyMap<RestorePointId, ObjectUid>;
  readonly inventories: Pick<Inventories, 'entries' | 'volumes'>;
}

type WithSnapshot = RestorePoint & { readonly snapshot: BoundSnapshot };

const missedFact = 'missed-volume-snapshots';
const Missed = z.array(ObjectUid);

/**
 * The other way round than orphans: restore points that count on a VolumeSnapshot which is not there. One that two complete
 * scans in a row have missed is lost: it counts as no copy any more, and what may be left of it stays. It is taken back where
 * a later scan sees it, as after a cluster was restored, but has to be proven again.
 */
export class LostSnapshots {
  constructor(private readonly parts: LostParts) {}

  /** What a scan that begins now has to see: what is made or deleted during it is not in its inventories for certain. */
  expected(): ReadonlyMap<RestorePointId, ObjectUid> {
    const counted = this.countedOn(this.parts.restorePoints.all());
    return new Map(counted.map(({ restorePointId, snapshot }) => [restorePointId, snapshot.volumeSnapshotUid]));
  }

  /** Belongs into the transaction of the scan. */
  takeIn(scan: CompleteScan): void {
    const { journal, restorePoints } = this.parts;
    const points = restorePoints.all();
    const seen = new Set(
      scan.inventories.entries.flatMap(({ kind, uid }) => (kind === 'volume-snapshot' ? [uid] : [])),
    );
    const missedBefore = new Set(Missed.parse(JSON.parse(journal.fact(missedFact) ?? '[]')));
    const missed = this.countedOn(points).filter(({ restorePointId, snapshot: { volumeSnapshotUid: uid } }) => {
      return scan.expected.get(restorePointId) === uid && !seen.has(uid);
    });
    journal.setFact(missedFact, JSON.stringify(missed.map(({ snapshot }) => snapshot.volumeSnapshotUid)));
    for (const point of missed) if (missedBefore.has(point.snapshot.volumeSnapshotUid)) this.lose(point, scan);
    for (const point of points) if (isFound(point, seen)) this.takeBack(point);
  }

  /** Those whose VolumeSnapshot has to be there, and that no operation is at work on. */
  private countedOn(points: readonly RestorePoint[]): WithSnapshot[] {
    const busy = new Set(this.parts.operations.open().flatMap(({ restorePointIds }) => restorePointIds));
    return points
      .filter(hasSnapshot)
      .filter((point) => standingOf(point).kind === 'kept' && !busy.has(point.restorePointId));
  }

  private lose({ snapshot, ...rest }: WithSnapshot, scan: CompleteScan): void {
    const { scanId, time, inventories } = scan;
    const { volumeSnapshotName, volumeSnapshotUid, snapshotHandle } = snapshot;
    const lostSnapshot = { snapshot, noticedAt: time.toISOString() };
    const lost = { ...rest, verifications: rest.verifications.map(withoutProof), lostSnapshot };
    const point = { ...lost, phase: phaseOf(lost) };
    const logicalVolumeLeft = inventories.volumes.some(({ logicalVolume }) => logicalVolume === snapshotHandle);
    const facts = { volumeSnapshotName, volumeSnapshotUid, snapshotHandle, logicalVolumeLeft, phase: point.phase };
    this.parts.restorePoints.save(point);
    this.parts.outbox.add({
      eventId: eventIdFor(point.restorePointId, SnapshotLost.name, volumeSnapshotUid, time.toISOString()),
      name: SnapshotLost.name,
      data: { ...aboutRestorePoint(point), ...facts },
      workflowId: makingOperationOf(point),
      causationId: scanId,
      subject: `${point.namespace}/${point.persistentVolumeClaim}`,
      traceparent: undefined,
      time,
    });
  }

  private takeBack({ lostSnapshot, ...rest }: RestorePoint): void {
    if (lostSnapshot !== undefined) this.parts.restorePoints.save({ ...rest, snapshot: lostSnapshot.snapshot });
  }
}

const hasSnapshot = (point: RestorePoint): point is WithSnapshot => point.snapshot !== undefined;

const isFound = (point: RestorePoint, seen: ReadonlySet<string>): boolean =>
  point.lostSnapshot !== undefined &&
  standingOf(point).kind === 'kept' &&
  seen.has(point.lostSnapshot.snapshot.volumeSnapshotUid);

/** One that is still waited for ends by itself. */
function withoutProof(record: VerificationRecord): VerificationRecord {
  const { level, state } = record;
  if (level !== 'snapshot') return record;
  if (state === 'pending') return { level, state };
  const error = new SnapfleetError('snapshot_not_found', 'the VolumeSnapshot was missing from two scans in a row');
  return { level, state: 'failed', error: error.toDetail() };
}
