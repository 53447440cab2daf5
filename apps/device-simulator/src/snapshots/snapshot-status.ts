import type { EventRecorder } from '../controllers/event-recorder.js';
import { timestamp } from '../model/kube-object.js';
import type { Snapshot, SnapshotContent } from '../model/snapshot.js';
import { quantityOfBytes } from '../model/volume.js';
import type { Objects } from '../store/objects.js';
import { keyOf } from '../store/resource-type.js';
import { types } from '../store/resource-types.js';
import { nameOf } from './snapshot-facts.js';

/** Puts an error into a snapshot's status and tells it as an event; the same error again is told once. */
export function tellSnapshotError(
  objects: Objects,
  events: EventRecorder,
  snapshot: Snapshot,
  problem: { readonly reason: string; readonly message: string; readonly notReady: boolean },
): void {
  if (snapshot.status?.error?.message === problem.message) return;
  objects.modifyIfPresent(types.snapshots, keyOf(snapshot), (draft) => {
    draft.status = {
      ...draft.status,
      ...(problem.notReady ? { readyToUse: false } : {}),
      error: { message: problem.message, time: timestamp() },
    };
  });
  events.warning(snapshot, problem.reason, problem.message);
}

/** Brings the status of a snapshot to what its content says (updateSnapshotStatus of external-snapshotter). */
export function copyStatus(
  objects: Objects,
  events: EventRecorder,
  snapshot: Snapshot,
  content: SnapshotContent,
): void {
  const { creationTime, restoreSize, readyToUse = false, error } = content.status ?? {};
  const before = snapshot.status;
  objects.modifyIfPresent(types.snapshots, keyOf(snapshot), (draft) => {
    draft.status = {
      boundVolumeSnapshotContentName: content.metadata.name,
      ...(creationTime === undefined ? {} : { creationTime: timestamp(new Date(creationTime / 1e6)) }),
      readyToUse,
      ...(restoreSize === undefined ? {} : { restoreSize: quantityOfBytes(restoreSize) }),
      ...(error === undefined ? {} : { error }),
    };
  });
  if (before?.creationTime === undefined && creationTime !== undefined) {
    events.normal(
      snapshot,
      'SnapshotCreated',
      `Snapshot ${nameOf(snapshot)} was successfully created by the CSI driver.`,
    );
  }
  if (before?.readyToUse !== true && readyToUse) {
    events.normal(snapshot, 'SnapshotReady', `Snapshot ${nameOf(snapshot)} is ready to use.`);
  }
}
