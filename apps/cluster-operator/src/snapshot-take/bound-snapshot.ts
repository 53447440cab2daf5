import { BoundSnapshot, SnapfleetError } from '@snapfleet/contracts';
import { bytesOfQuantity, type VolumeSnapshot, type VolumeSnapshotContent } from '@snapfleet/kubernetes';
import { topolvmDriver } from '../marks/marks.js';

/**
 * The facts of a VolumeSnapshot that is ready, with the content that it is bound to; the binding is checked from both sides.
 * @throws SnapfleetError snapshot_not_ready where they do not belong together or lack a fact
 */
export function boundSnapshotOf(snapshot: VolumeSnapshot, content: VolumeSnapshotContent): BoundSnapshot {
  const { name, uid } = snapshot.metadata;
  if (content.spec.volumeSnapshotRef.uid !== uid) {
    const what = `VolumeSnapshot ${name} names content ${content.metadata.name}, which is bound to another VolumeSnapshot`;
    throw new SnapfleetError('snapshot_not_ready', what, { retryable: false });
  }
  if (content.spec.driver !== topolvmDriver) {
    const what = `content ${content.metadata.name} of VolumeSnapshot ${name} is of driver ${content.spec.driver}`;
    throw new SnapfleetError('snapshot_not_ready', what, { retryable: false });
  }
  const bound = BoundSnapshot.safeParse({
    volumeSnapshotName: name,
    volumeSnapshotUid: uid,
    volumeSnapshotContentName: content.metadata.name,
    snapshotHandle: content.status?.snapshotHandle,
    deletionPolicy: content.spec.deletionPolicy,
    restoreSizeBytes: content.status?.restoreSize ?? bytesOfQuantity(snapshot.status?.restoreSize ?? '0'),
    creationTime: snapshot.status?.creationTime,
  });
  if (bound.success) return bound.data;
  const issue = bound.error.issues[0];
  const what = `VolumeSnapshot ${name} is ready, but ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
  throw new SnapfleetError('snapshot_not_ready', what, { cause: bound.error });
}
