import { Controller } from '@nestjs/common';
import { type DataOf, type MessageOf, SnapshotBegun } from '@snapfleet/contracts';
import { EventHandler } from '@snapfleet/messaging';
import { Journal } from '../journal/journal.js';
import { RestorePointStore } from '../journal/restore-point.store.js';
import { SnapshotIdentityStore } from '../journal/snapshot-identity.store.js';

/** Keeps the uid of each VolumeSnapshot that was made, so that what is left of one that fails is known as ours. */
@Controller()
export class SnapshotBegunController {
  constructor(
    private readonly journal: Journal,
    private readonly restorePoints: RestorePointStore,
    private readonly identities: SnapshotIdentityStore,
  ) {}

  /** Of a restore point that the journal does not know, nothing is ours. */
  @EventHandler(SnapshotBegun)
  async begun({ data }: MessageOf<DataOf<typeof SnapshotBegun>>): Promise<void> {
    const { restorePointId, volumeSnapshotUid } = data;
    this.journal.transaction(() => {
      if (this.restorePoints.find(restorePointId) === undefined) return;
      this.identities.record(restorePointId, { volumeSnapshotUid });
    });
    return Promise.resolve();
  }
}
