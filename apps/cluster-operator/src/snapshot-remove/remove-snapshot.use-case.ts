import { ObjectName, SnapfleetError, SnapshotRemove, type DataOf, type ReplyOf } from '@snapfleet/contracts';
import {
  Deadline,
  isApiError,
  isRestoredFrom,
  isTerminating,
  keyOf,
  retryOnConflict,
  snapshotErrorText,
  type VolumeSnapshot,
  type VolumeSnapshotContent,
} from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { orOnDeadline } from '../failure/on-deadline.js';
import { recentWarnings, sentence } from '../failure/recent-warnings.js';
import { endMarkPatch, hasEndMark } from '../marks/end-marks.js';
import { annotation } from '../marks/marks.js';
import { findRemovalTarget } from './removal-target.js';

type Command = Omit<DataOf<typeof SnapshotRemove>, 'releaseFinalizers'>;
type Reply = ReplyOf<typeof SnapshotRemove>;

/**
 * Deletes the VolumeSnapshot of a restore point in the order that external-snapshotter wants: the VolumeSnapshot first, its
 * content through it. A content that stays behind is deleted by itself only when it is to go and its policy is Delete.
 */
export class RemoveSnapshotUseCase {
  constructor(private readonly cluster: Cluster) {}

  /**
   * For good: a `snapshot.take` of this restore point that comes late finds the note on its claim and makes nothing.
   * @throws SnapfleetError not_ours, snapshot_in_use, snapshot_delete_pending; KubernetesApiError
   */
  async run(command: Command, signal: AbortSignal): Promise<Reply> {
    await retryOnConflict(() => this.#refuseLaterTakes(command, signal), signal);
    return this.removeObjects(command, signal);
  }

  async #refuseLaterTakes(command: Command, signal: AbortSignal): Promise<void> {
    const key = { namespace: command.namespace, name: command.persistentVolumeClaim };
    const claim = await this.cluster.claims.get(key, { signal });
    // Without its claim nothing can be taken either.
    if (claim === undefined || hasEndMark(claim, annotation.removed, command.restorePointId)) return;
    const patch = endMarkPatch(claim, annotation.removed, command.restorePointId);
    await this.cluster.claims.patch(key, patch, { signal }).catch(unlessGone);
  }

  /** The same without the note, so that it can be taken again. */
  async removeObjects(command: Command, signal: AbortSignal): Promise<Reply> {
    const deadline = Deadline.inSeconds(command.deadlineSeconds);
    const { snapshot, contents } = await findRemovalTarget(this.cluster, command, signal);
    if (snapshot !== undefined) await this.#expectUnused(snapshot, signal);
    // Under Delete the controller would delete the content too; under Retain its policy has to be changed before.
    if (command.purge) for (const content of contents) await this.#letGo(content, snapshot !== undefined, signal);
    if (snapshot !== undefined) await this.#deleteSnapshot(snapshot, deadline, signal);
    return this.#settleContents(command, snapshot, deadline, signal);
  }

  /** The controller keeps a VolumeSnapshot while a claim that is filled from it is Pending. */
  async #expectUnused(snapshot: VolumeSnapshot, signal: AbortSignal): Promise<void> {
    const { name, namespace = '' } = snapshot.metadata;
    const claims = await this.cluster.claims.list({ namespace }, { signal });
    const users = claims.filter((claim) => isRestoredFrom(claim, name) && claim.status?.phase === 'Pending');
    if (users.length === 0) return;
    const names = users.map(({ metadata }) => metadata.name).join(', ');
    const what = `VolumeSnapshot ${namespace}/${name} is being restored into PersistentVolumeClaim ${names}`;
    throw new SnapfleetError('snapshot_in_use', what);
  }

  /**
   * Sets the policy Delete. Where the VolumeSnapshot is gone, the mark that its deletion would have left is set as well:
   * the csi-snapshotter deletes no content without it (external-snapshotter v8.7.0, sidecar shouldDelete).
   */
  async #letGo(content: VolumeSnapshotContent, snapshotExists: boolean, signal: AbortSignal): Promise<void> {
    await retryOnConflict(async () => {
      const current = await this.cluster.snapshotContents.get(keyOf(content), { signal });
      if (current?.metadata.uid !== content.metadata.uid) return;
      const marked = current.metadata.annotations?.[annotation.contentBeingDeleted] !== undefined;
      const mark = snapshotExists || marked ? {} : { annotations: { [annotation.contentBeingDeleted]: 'yes' } };
      if (current.spec.deletionPolicy === 'Delete' && !('annotations' in mark)) return;
      const { uid, resourceVersion } = current.metadata;
      const patch = { metadata: { uid, resourceVersion, ...mark }, spec: { deletionPolicy: 'Delete' } };
      await this.cluster.snapshotContents.patch(keyOf(content), patch, { signal });
    }, signal);
  }

  async #deleteSnapshot(snapshot: VolumeSnapshot, deadline: Deadline, signal: AbortSignal): Promise<void> {
    const { uid, name, namespace = '' } = snapshot.metadata;
    if (!isTerminating(snapshot)) await this.cluster.snapshots.remove(keyOf(snapshot), uid, { signal });
    let last = snapshot;
    const decide = (found: VolumeSnapshot | undefined): true | undefined => {
      if (found?.metadata.uid !== uid) return true;
      last = found;
      return undefined;
    };
    const wait = this.cluster.snapshots.waitFor(keyOf(snapshot), decide, {
      deadlineMs: deadline.remainingMs(),
      signal,
    });
    await orOnDeadline(wait, async (cause) => {
      const finalizers = (last.metadata.finalizers ?? []).join(', ') || 'none';
      const message = sentence(
        `VolumeSnapshot ${namespace}/${name} was not gone after ${deadline.toString()}; finalizers: ${finalizers}`,
        ...(await recentWarnings(this.cluster, last)),
      );
      return new SnapfleetError('snapshot_delete_pending', message, { cause });
    });
  }

  /** Looks again: the controller may have seen an older policy, and contents come from interrupted runs too. */
  async #settleContents(
    command: Command,
    snapshot: VolumeSnapshot | undefined,
    deadline: Deadline,
    signal: AbortSignal,
  ): Promise<Reply> {
    const { contents } = await findRemovalTarget(this.cluster, command, signal);
    const [retained] = contents.filter(({ spec }) => spec.deletionPolicy === 'Retain');
    if (retained !== undefined && !command.purge) {
      return { freed: false, retainedContentName: ObjectName.parse(retained.metadata.name) };
    }
    for (const content of contents) {
      await this.#letGo(content, false, signal);
      await this.#deleteContent(content, deadline, signal);
    }
    return { freed: !(await this.#isLogicalVolumeLeft(command, snapshot, signal)) };
  }

  async #deleteContent(content: VolumeSnapshotContent, deadline: Deadline, signal: AbortSignal): Promise<void> {
    const { uid, name } = content.metadata;
    const key = keyOf(content);
    if (!isTerminating(content)) await this.cluster.snapshotContents.remove(key, uid, { signal });
    let last = content;
    const decide = (found: VolumeSnapshotContent | undefined): true | undefined => {
      if (found?.metadata.uid !== uid) return true;
      last = found;
      return undefined;
    };
    const wait = this.cluster.snapshotContents.waitFor(key, decide, { deadlineMs: deadline.remainingMs(), signal });
    await orOnDeadline(wait, async (cause) => {
      const finalizers = (last.metadata.finalizers ?? []).join(', ') || 'none';
      const message = sentence(
        `VolumeSnapshotContent ${name} was not gone after ${deadline.toString()}; finalizers: ${finalizers}`,
        snapshotErrorText(last),
        ...(await recentWarnings(this.cluster, last)),
      );
      return new SnapfleetError('snapshot_delete_pending', message, { cause });
    });
  }

  /** TopoLVM names the LogicalVolume of a snapshot `snapshot-<uid of the VolumeSnapshot>`. */
  async #isLogicalVolumeLeft(
    command: Command,
    snapshot: VolumeSnapshot | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    const uid = snapshot?.metadata.uid ?? command.snapshot?.volumeSnapshotUid;
    if (uid === undefined) return false;
    return (await this.cluster.logicalVolumes.get({ name: `snapshot-${uid}` }, { signal })) !== undefined;
  }
}

function unlessGone(error: unknown): void {
  if (!isApiError(error, 404)) throw error;
}
