import { SnapfleetError } from '@snapfleet/contracts';
import {
  isTerminating,
  keyOf,
  orOnDeadline,
  retryOnConflict,
  snapshotErrorText,
  type Deadline,
  type VolumeSnapshotContent,
} from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { recentWarnings, sentence } from '../failure/recent-warnings.js';
import { annotation } from '../marks/marks.js';

/**
 * Sets the policy Delete. Where the VolumeSnapshot is gone, the mark that its deletion would have left is set as well:
 * the csi-snapshotter deletes no content without it (external-snapshotter v8.7.0, sidecar shouldDelete).
 */
export async function letContentGo(
  cluster: Cluster,
  content: VolumeSnapshotContent,
  snapshotExists: boolean,
  signal: AbortSignal,
): Promise<void> {
  await retryOnConflict(async () => {
    const current = await cluster.snapshotContents.get(keyOf(content), { signal });
    if (current?.metadata.uid !== content.metadata.uid) return;
    const marked = current.metadata.annotations?.[annotation.contentBeingDeleted] !== undefined;
    const mark = snapshotExists || marked ? {} : { annotations: { [annotation.contentBeingDeleted]: 'yes' } };
    if (current.spec.deletionPolicy === 'Delete' && !('annotations' in mark)) return;
    const { uid, resourceVersion } = current.metadata;
    const patch = { metadata: { uid, resourceVersion, ...mark }, spec: { deletionPolicy: 'Delete' } };
    await cluster.snapshotContents.patch(keyOf(content), patch, { signal });
  }, signal);
}

/** Deletes a content and waits until it is gone. @throws SnapfleetError snapshot_delete_pending */
export async function deleteContent(
  cluster: Cluster,
  content: VolumeSnapshotContent,
  deadline: Deadline,
  signal: AbortSignal,
): Promise<void> {
  const { uid, name } = content.metadata;
  const key = keyOf(content);
  if (!isTerminating(content)) await cluster.snapshotContents.remove(key, uid, { signal });
  let last = content;
  const decide = (found: VolumeSnapshotContent | undefined): true | undefined => {
    if (found?.metadata.uid !== uid) return true;
    last = found;
    return undefined;
  };
  const wait = cluster.snapshotContents.waitFor(key, decide, { deadlineMs: deadline.remainingMs(), signal });
  await orOnDeadline(wait, async (cause) => {
    const finalizers = (last.metadata.finalizers ?? []).join(', ') || 'none';
    const message = sentence(
      `VolumeSnapshotContent ${name} was not gone after ${deadline.toString()}; finalizers: ${finalizers}`,
      snapshotErrorText(last),
      ...(await recentWarnings(cluster, last)),
    );
    return new SnapfleetError('snapshot_delete_pending', message, { cause });
  });
}
