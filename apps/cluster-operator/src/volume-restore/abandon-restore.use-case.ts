import { type DataOf, type ReplyOf, SnapfleetError, type VolumeAbandon } from '@snapfleet/contracts';
import { Deadline, isApiError, retryOnConflict } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import type { RunningSteps } from '../marks/running-steps.js';
import { abandonPatch } from './abandoned-restores.js';
import { removeUnfinished } from './clean-up.js';
import { restoreStep } from './restore-step.js';

type Command = DataOf<typeof VolumeAbandon>;

const longestText = 1024;

/** Ends a restore into a user's claim that was cancelled, and removes what it has made as its failure would. */
export class AbandonRestoreUseCase {
  constructor(
    private readonly cluster: Cluster,
    private readonly steps: RunningSteps,
  ) {}

  /** @throws SnapfleetError deadline_exceeded; KubernetesApiError */
  async run(command: Command, signal: AbortSignal): Promise<ReplyOf<typeof VolumeAbandon>> {
    const deadline = Deadline.inSeconds(command.deadlineSeconds);
    // What has not begun by then finds the note, and what has begun is ended here.
    try {
      await retryOnConflict(() => this.#note(command, signal), signal);
    } finally {
      await this.steps.end(restoreStep(command.operationId));
    }
    try {
      const stays = await removeUnfinished(this.cluster, { ...command, purpose: 'user' }, deadline, signal);
      return stays === undefined ? {} : { stays: stays.slice(0, longestText) };
    } catch (error) {
      // Of somebody else: the restore had made nothing.
      if (error instanceof SnapfleetError && error.code === 'target_exists') return {};
      throw error;
    }
  }

  async #note({ namespace, snapshot, operationId }: Command, signal: AbortSignal): Promise<void> {
    const key = { namespace, name: snapshot.volumeSnapshotName };
    const found = await this.cluster.snapshots.get(key, { signal });
    // Without its snapshot nothing can be restored either.
    const patch = found?.metadata.uid === snapshot.volumeSnapshotUid ? abandonPatch(found, operationId) : undefined;
    if (patch === undefined) return;
    try {
      await this.cluster.snapshots.patch(key, patch, { signal });
    } catch (error) {
      if (!isApiError(error, 404)) throw error;
    }
  }
}
