import { Controller } from '@nestjs/common';
import {
  type DataOf,
  type MessageOf,
  type ReplyOf,
  type RestorePoint,
  SnapfleetError,
  SnapshotList,
  SnapshotShow,
} from '@snapfleet/contracts';
import { QueryHandler } from '@snapfleet/messaging';
import { RestorePointStore } from '../journal/restore-point.store.js';

const mostReplyCharacters = 256 * 1024;

/** Answers questions about the catalogue. */
@Controller()
export class ListRestorePointsController {
  constructor(private readonly restorePoints: RestorePointStore) {}

  @QueryHandler(SnapshotList)
  list({ data }: MessageOf<DataOf<typeof SnapshotList>>): Promise<ReplyOf<typeof SnapshotList>> {
    return Promise.resolve({ restorePoints: withinReply(this.restorePoints.list(data)) });
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

/** The first of them, as many as fit into one reply: a message of NATS has at most 1 MiB unless the server says otherwise. */
function withinReply(points: readonly RestorePoint[]): RestorePoint[] {
  let size = 0;
  return points.filter((point) => (size += JSON.stringify(point).length) <= mostReplyCharacters);
}
