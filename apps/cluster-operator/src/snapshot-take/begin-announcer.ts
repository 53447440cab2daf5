import { Logger } from '@nestjs/common';
import {
  eventIdFor,
  ObjectName,
  ObjectUid,
  SnapfleetError,
  SnapshotBegun,
  type DataOf,
  type SnapshotTake,
} from '@snapfleet/contracts';
import type { VolumeSnapshot } from '@snapfleet/kubernetes';
import type { EventPublisher } from '@snapfleet/messaging';
import type { BeginListener } from './take-snapshot.use-case.js';

/**
 * Tells `snapshot.begun` with the uid of the VolumeSnapshot. The cut does not wait for it: a command that comes again tells
 * it again under the same id, and a snapshot that succeeds is told with its uid anyway.
 */
export class BeginAnnouncer implements BeginListener {
  private readonly logger = new Logger(BeginAnnouncer.name);

  constructor(private readonly events: Pick<EventPublisher, 'publish'>) {}

  begun({ metadata }: VolumeSnapshot, command: DataOf<typeof SnapshotTake>): void {
    const { restorePointId, namespace, persistentVolumeClaim } = command;
    const data = {
      restorePointId,
      namespace,
      persistentVolumeClaim,
      volumeSnapshotName: ObjectName.parse(metadata.name),
      volumeSnapshotUid: ObjectUid.parse(metadata.uid),
    };
    const context = {
      id: eventIdFor(restorePointId, 'snapshot.begun', metadata.uid),
      subject: `${namespace}/${persistentVolumeClaim}`,
    };
    this.events.publish(SnapshotBegun, data, context).catch((error: unknown) => {
      this.logger.warn({ event: 'snapshot.begun-untold', error: SnapfleetError.from(error).message });
    });
  }
}
