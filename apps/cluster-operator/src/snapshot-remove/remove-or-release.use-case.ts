import { SnapfleetError, type DataOf, type ReplyOf, type SnapshotRemove } from '@snapfleet/contracts';
import type { ReleaseFinalizersUseCase } from '../finalizer-release/release-finalizers.use-case.js';
import { volumeSnapshotNameOf } from '../marks/marks.js';
import type { RemoveSnapshotUseCase } from './remove-snapshot.use-case.js';

type Command = DataOf<typeof SnapshotRemove>;

/** How long the deletion must have been asked for before its finalizers may be taken off. */
const graceSeconds = 60;
const lastDeadlineSeconds = 30;

/**
 * Removes a VolumeSnapshot; one that will not go is explained, and only if the command says so its finalizers are taken off,
 * with the proof of ReleaseFinalizersUseCase.
 */
export class RemoveOrReleaseUseCase {
  constructor(
    private readonly removeSnapshot: RemoveSnapshotUseCase,
    private readonly releaseFinalizers: ReleaseFinalizersUseCase,
  ) {}

  /** @throws SnapfleetError as RemoveSnapshotUseCase; `snapshot_delete_pending` says what keeps the finalizers */
  async run(command: Command, signal: AbortSignal): Promise<ReplyOf<typeof SnapshotRemove>> {
    try {
      return await this.removeSnapshot.run(command, signal);
    } catch (error) {
      if (!(error instanceof SnapfleetError) || error.code !== 'snapshot_delete_pending') throw error;
      await this.#release(command, error, signal);
      return this.removeSnapshot.run({ ...command, deadlineSeconds: lastDeadlineSeconds }, signal);
    }
  }

  async #release(command: Command, pending: SnapfleetError, signal: AbortSignal): Promise<void> {
    const { namespace, restorePointId } = command;
    const volumeSnapshotName = volumeSnapshotNameOf(restorePointId);
    const dryRun = !command.releaseFinalizers;
    const release = { namespace, volumeSnapshotName, graceSeconds, dryRun };
    const { finalizers, blockedBy, released } = await this.releaseFinalizers.run(release, signal);
    if (released) return;
    const names = finalizers.join(', ');
    const verdict =
      blockedBy.length > 0
        ? `its finalizers must stay: ${blockedBy.join('; ')}`
        : `nothing refers to it any more: it can be deleted with its finalizers taken off (${names})`;
    throw new SnapfleetError('snapshot_delete_pending', `${pending.message}; ${verdict}`, { cause: pending });
  }
}
