import { Controller } from '@nestjs/common';
import {
  type DataOf,
  type MessageOf,
  type ReplyOf,
  SnapfleetError,
  SnapshotList,
  SnapshotShow,
} from '@snapfleet/contracts';
import { QueryHandler } from '@snapfleet/messaging';
import { RestorePointStore } from '../journal/restore-point.store.js';

/** Answers questions about the catalogue. */
@Controller()
export class ListRestorePointsController {
  constructor(private readonly restorePoints: RestorePointStore) {}

  @QueryHandler(SnapshotList)
  list({ data }: MessageOf<DataOf<typeof SnapshotList>>): Promise<ReplyOf<typeof SnapshotList>> {
    return Promise.resolve({ restorePoints: this.restorePoints.list(data) });
  }

  @QueryHandler(SnapshotShow)
  show({ data }: MessageOf<DataOf<typeof SnapshotShow>>): Promise<ReplyOf<typeof SnapshotShow>> {
    const restorePoint = this.restorePoints.find(data.restorePointId);
    if (restorePoint !== undefined) return Promise.resolve({ restorePoint });
    return Promise.reject(
      new SnapfleetError('snapshot_not_found', `restore point ${data.restorePointId} is not known on this device`),
    );
  }
}
