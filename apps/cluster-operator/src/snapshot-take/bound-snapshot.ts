import { BoundSnapshot, SnapfleetError } from '@snapfleet/contracts';
import { bytesOfQuantity, type VolumeSnapshot, type VolumeSnapshotContent } from '@snapfleet/kubernetes';
import { topolvmDriver } from '../marks/marks.js';

/**
 * The facts of a VolumeSnapshot that is ready, with the content that it is bound to; the binding is checked from both sides.
 * @throws SnapfleetError snapshot_not_ready where they do not belong together or lack a fact
 */
export function boundSnapshotOf(snapshot: VolumeSnapshot, content: VolumeSnapshotContent): BoundSnapshot {
  expectBinding(snapshot, content);
  const { name, uid } = snapshot.metadata;
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
  const why = bound.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join(', ');
  throw new SnapfleetError('snapshot_not_ready', `VolumeSnapshot ${name} is ready, but ${why}`, { cause: bound.error });
}

function expectBinding(snapshot: VolumeSnapshot, content: VolumeSnapshotContent): void {
  const { name } = snapshot.metadata;
  const about = `content ${content.metadata.name} of VolumeSnapshot ${name}`;
  const wrong =
    content.spec.volumeSnapshotRef.uid !== snapshot.metadata.uid
      ? `${about} is bound to another VolumeSnapshot`
      : content.spec.driver !== topolvmDriver
        ? `${about} is of driver ${content.spec.driver}`
        : undefined;
  if (wrong !== undefined) throw new SnapfleetError('snapshot_not_ready', wrong, { retryable: false });
}
