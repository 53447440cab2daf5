import { ObjectName, SnapfleetError, type ReplyOf, type SnapshotRemove } from '@snapfleet/contracts';
import {
  Deadline,
  isApiError,
  isRestoredFrom,
  isTerminating,
  keyOf,
  orOnDeadline,
  retryOnConflict,
  type VolumeSnapshot,
} from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { fencePatch } from '@snapfleet/workloads';
import { recentWarnings, sentence } from '../failure/recent-warnings.js';
import { expectedUidOf, findRemovalTarget, type Removal } from './removal-target.js';
import { deleteContent, letContentGo } from './remove-content.js';
import { expectHandlesUnshared } from './shared-handles.js';

type Command = Removal;
type Reply = ReplyOf<typeof SnapshotRemove>;

/**
 * Deletes the VolumeSnapshot of a restore point in the order that external-snapshotter wants: the VolumeSnapshot first, its
 * content through it. A content that stays behind is deleted by itself only when it is to go and its policy is Delete.
 */
export class RemoveSnapshotUseCase {
  constructor(private readonly cluster: Cluster) {}

  /**
   * For good: a `snapshot.take` that comes late finds the fencing token on its claim and makes nothing.
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
    const patch = claim === undefined ? undefined : fencePatch(claim, command.fencingToken);
    if (patch === undefined) return;
    await this.cluster.claims.patch(key, patch, { signal }).catch(unlessGone);
  }

  /** The same without the note, so that it can be taken again. */
  async removeObjects(command: Command, signal: AbortSignal): Promise<Reply> {
    const deadline = Deadline.inSeconds(command.deadlineSeconds);
    const { snapshot, contents } = await findRemovalTarget(this.cluster, command, signal);
    if (snapshot !== undefined) await this.#expectUnused(snapshot, signal);
    const leaving = contents.filter(({ spec }) => command.purge || spec.deletionPolicy === 'Delete');
    if (leaving.length > 0) await expectHandlesUnshared(this.cluster, leaving, signal);
    // Under Delete the controller would delete the content too; under Retain its policy has to be changed before.
    if (command.purge) {
      for (const content of contents) await letContentGo(this.cluster, content, snapshot !== undefined, signal);
    }
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
      await letContentGo(this.cluster, content, false, signal);
      await deleteContent(this.cluster, content, deadline, signal);
    }
    return { freed: !(await this.#isLogicalVolumeLeft(command, snapshot, signal)) };
  }

  /** TopoLVM names the LogicalVolume of a snapshot `snapshot-<uid of the VolumeSnapshot>`. */
  async #isLogicalVolumeLeft(
    command: Command,
    snapshot: VolumeSnapshot | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    const uid = snapshot?.metadata.uid ?? expectedUidOf(command);
    if (uid === undefined) return false;
    return (await this.cluster.logicalVolumes.get({ name: `snapshot-${uid}` }, { signal })) !== undefined;
  }
}

function unlessGone(error: unknown): void {
  if (!isApiError(error, 404)) throw error;
}
