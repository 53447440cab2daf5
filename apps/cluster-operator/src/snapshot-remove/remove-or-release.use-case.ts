import { SnapfleetError, type ReplyOf, type SnapshotRemove } from '@snapfleet/contracts';
import type { ReleaseFinalizersUseCase } from '../finalizer-release/release-finalizers.use-case.js';
import { volumeSnapshotNameOf } from '../marks/marks.js';
import { expectedUidOf, type Removal } from './removal-target.js';
import type { RemoveSnapshotUseCase } from './remove-snapshot.use-case.js';

type Command = Removal & { readonly releaseFinalizers: boolean };

type Reply = ReplyOf<typeof SnapshotRemove>;

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
  async run(command: Command, signal: AbortSignal): Promise<Reply> {
    try {
      return await this.removeSnapshot.run(command, signal);
    } catch (error) {
      if (!(error instanceof SnapfleetError) || error.code !== 'snapshot_delete_pending') throw error;
      const finalizersRemoved = await this.#release(command, error, signal);
      return await this.#removeAtLast(command, finalizersRemoved, signal);
    }
  }

  /** What is left by now: nothing, or a content that does not go either. */
  async #removeAtLast(command: Command, finalizersRemoved: readonly string[], signal: AbortSignal): Promise<Reply> {
    const last = { ...command, deadlineSeconds: lastDeadlineSeconds };
    if (finalizersRemoved.length === 0) return await this.removeSnapshot.run(last, signal);
    try {
      return { ...(await this.removeSnapshot.run(last, signal)), finalizersRemoved: [...finalizersRemoved] };
    } catch (error) {
      if (!(error instanceof SnapfleetError)) throw error;
      const message = `${error.message}; finalizers that were taken off: ${finalizersRemoved.join(', ')}`;
      throw new SnapfleetError(error.code, message, { cause: error });
    }
  }

  /** @returns the finalizers that were taken off; none where the VolumeSnapshot is gone and only its content is not */
  async #release(command: Command, pending: SnapfleetError, signal: AbortSignal): Promise<readonly string[]> {
    const { namespace, restorePointId } = command;
    const volumeSnapshotName = volumeSnapshotNameOf(restorePointId);
    const dryRun = !command.releaseFinalizers;
    const volumeSnapshotUid = expectedUidOf(command);
    const release = { namespace, volumeSnapshotName, volumeSnapshotUid, graceSeconds, dryRun };
    const report = await this.releaseFinalizers.run(release, signal);
    if (report === undefined) return [];
    const { finalizers, blockedBy, released } = report;
    if (released) return finalizers;
    const names = finalizers.join(', ');
    const verdict =
      blockedBy.length > 0
        ? `its finalizers must stay: ${blockedBy.join('; ')}`
        : `nothing refers to it any more: a further command may have its finalizers taken off (${names})`;
    throw new SnapfleetError('snapshot_delete_pending', `${pending.message}; ${verdict}`, { cause: pending });
  }
}
