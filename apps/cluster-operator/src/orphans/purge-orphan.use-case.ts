import { SnapfleetError, type ClusterPurge, type DataOf, type ReplyOf } from '@snapfleet/contracts';
import {
  Deadline,
  isTerminating,
  keyOf,
  orOnDeadline,
  type LogicalVolume,
  type VolumeSnapshotContent,
} from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { recentWarnings, sentence } from '../failure/recent-warnings.js';
import type { ReleaseFinalizersUseCase } from '../finalizer-release/release-finalizers.use-case.js';
import { deleteContent } from '../snapshot-remove/remove-content.js';
import { annotation } from '../marks/marks.js';
import type { RemoveOrReleaseUseCase } from '../snapshot-remove/remove-or-release.use-case.js';
import { removeClaim, removePod } from '../volume-remove/remove-claim.js';
import { readClusterObjects, type ClusterObjects } from './cluster-objects.js';
import { claimsOf, isConsumerPod } from './object-users.js';
import { proveOrphan, type OrphanObject } from './orphan-proof.js';

type Command = DataOf<typeof ClusterPurge>;
type Reply = ReplyOf<typeof ClusterPurge>;

/** What purging needs. */
export interface PurgeParts {
  readonly cluster: Cluster;
  readonly removeSnapshot: Pick<RemoveOrReleaseUseCase, 'run'>;
  readonly releaseFinalizers: Pick<ReleaseFinalizersUseCase, 'run'>;
  readonly now: () => Date;
}

const graceSeconds = 60;

/**
 * Removes one orphan in the legal order. Everything is read anew and the proof is made again right before; what is
 * written holds for exactly the objects that were read.
 */
export class PurgeOrphanUseCase {
  constructor(private readonly parts: PurgeParts) {}

  /**
   * @throws SnapfleetError orphan_not_purgeable (what keeps it), snapshot_in_use, snapshot_delete_pending,
   *   deadline_exceeded; KubernetesApiError
   */
  async run(command: Command, signal: AbortSignal): Promise<Reply> {
    const objects = await readClusterObjects(this.parts.cluster, this.parts.now, signal);
    const { orphan, proof, blockedBy, volumeHandle } = proveOrphan(command, objects);
    if (blockedBy.length > 0) {
      const what = `${command.target.name} must stay: ${blockedBy.join('; ')}`;
      throw new SnapfleetError('orphan_not_purgeable', what.slice(0, 4096));
    }
    if (orphan === undefined) return { proof: told(proof), removed: false };
    const handle = volumeHandle === undefined ? {} : { volumeHandle };
    if (command.dryRun) {
      return { proof: told([...proof, ...(await this.#finalizers(orphan, signal))]), removed: false, ...handle };
    }
    const released = await this.#remove(orphan, command, objects, signal);
    return { proof: told([...released, ...proof]), removed: true, ...handle };
  }

  /** @returns what has to be known of how it was removed */
  async #remove(
    orphan: OrphanObject,
    command: Command,
    objects: ClusterObjects,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const { cluster, removeSnapshot } = this.parts;
    const deadline = Deadline.inSeconds(command.deadlineSeconds);
    switch (orphan.kind) {
      case 'volume-snapshot': {
        const { restorePointId, namespace, persistentVolumeClaim, releaseFinalizers, deadlineSeconds } = command;
        const removal = { restorePointId, namespace, persistentVolumeClaim, releaseFinalizers, deadlineSeconds };
        const volumeSnapshotUid = orphan.object.metadata.uid;
        const { finalizersRemoved = [] } = await removeSnapshot.run(
          { ...removal, purge: true, volumeSnapshotUid },
          signal,
        );
        return finalizersRemoved.length === 0 ? [] : [`its finalizers ${finalizersRemoved.join(', ')} were taken off`];
      }
      case 'volume-snapshot-content':
        await deleteContent(cluster, await this.#letGo(orphan.object, signal), deadline, signal);
        return [];
      case 'logical-volume':
        await this.#deleteLogicalVolume(orphan.object, deadline, signal);
        return [];
      case 'scratch-claim': {
        const { namespace, name } = orphan.object.metadata;
        const consumers = objects.pods.filter(
          (pod) => isConsumerPod(pod) && pod.metadata.namespace === namespace && claimsOf(pod).includes(name),
        );
        for (const pod of consumers) await removePod(cluster, pod, deadline, signal);
        await removeClaim(cluster, orphan.object, deadline, signal);
        return [];
      }
      case 'pod':
        await removePod(cluster, orphan.object, deadline, signal);
        return [];
    }
  }

  /** On exactly the version that was proven: a content that somebody binds anew in between is left alone (409). */
  #letGo({ metadata }: VolumeSnapshotContent, signal: AbortSignal): Promise<VolumeSnapshotContent> {
    const { name, uid, resourceVersion } = metadata;
    const annotations = { [annotation.contentBeingDeleted]: 'yes' };
    const patch = { metadata: { uid, resourceVersion, annotations }, spec: { deletionPolicy: 'Delete' } };
    return this.parts.cluster.snapshotContents.patch({ name }, patch, { signal });
  }

  /** topolvm-node removes the logical volume and then takes its finalizer off (topolvm v0.41.0, LogicalVolumeReconciler). */
  async #deleteLogicalVolume(volume: LogicalVolume, deadline: Deadline, signal: AbortSignal): Promise<void> {
    const { logicalVolumes } = this.parts.cluster;
    const { uid, name, resourceVersion } = volume.metadata;
    if (!isTerminating(volume)) await logicalVolumes.remove(keyOf(volume), uid, { signal, resourceVersion });
    let last = volume;
    const decide = (found: LogicalVolume | undefined): true | undefined => {
      if (found?.metadata.uid !== uid) return true;
      last = found;
      return undefined;
    };
    const wait = logicalVolumes.waitFor(keyOf(volume), decide, { deadlineMs: deadline.remainingMs(), signal });
    await orOnDeadline(wait, async (cause) => {
      const finalizers = (last.metadata.finalizers ?? []).join(', ') || 'none';
      const message = sentence(
        `LogicalVolume ${name} was not gone after ${deadline.toString()}; finalizers: ${finalizers}`,
        ...(await recentWarnings(this.parts.cluster, last)),
      );
      return new SnapfleetError('deadline_exceeded', message, { cause });
    });
  }

  /** Which finalizers a VolumeSnapshot that does not go has, and whether they could be taken off. */
  async #finalizers(orphan: OrphanObject, signal: AbortSignal): Promise<readonly string[]> {
    if (orphan.kind !== 'volume-snapshot' || !isTerminating(orphan.object)) return [];
    const { namespace = '', name, uid } = orphan.object.metadata;
    const wish = { namespace, volumeSnapshotName: name, volumeSnapshotUid: uid, graceSeconds, dryRun: true };
    const report = await this.parts.releaseFinalizers.run(wish, signal);
    if (report === undefined) return [];
    const { finalizers, blockedBy } = report;
    const verdict = blockedBy.length === 0 ? 'could be taken off on request' : `must stay: ${blockedBy.join('; ')}`;
    return [`its finalizers ${finalizers.join(', ')} ${verdict}`];
  }
}

const told = (proof: readonly string[]): string[] => proof.slice(0, 16).map((text) => text.slice(0, 512));
