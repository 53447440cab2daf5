import { Controller } from '@nestjs/common';
import { SnapshotRemove, SnapshotTake, type DataOf, type MessageOf, type ReplyOf } from '@snapfleet/contracts';
import { AgentCommandHandler, type Delivery } from '@snapfleet/messaging';
import { translated } from '../failure/as-snapfleet-error.js';
import { RemoveSnapshotUseCase } from '../snapshot-remove/remove-snapshot.use-case.js';
import { TakeSnapshotUseCase } from './take-snapshot.use-case.js';

/** Takes the commands about VolumeSnapshots. */
@Controller()
export class SnapshotController {
  constructor(
    private readonly takeSnapshot: TakeSnapshotUseCase,
    private readonly removeSnapshot: RemoveSnapshotUseCase,
  ) {}

  @AgentCommandHandler(SnapshotTake)
  take(message: MessageOf<DataOf<typeof SnapshotTake>>, delivery: Delivery): Promise<ReplyOf<typeof SnapshotTake>> {
    return translated(() => this.takeSnapshot.run(message.data, delivery.signal));
  }

  @AgentCommandHandler(SnapshotRemove)
  remove(
    message: MessageOf<DataOf<typeof SnapshotRemove>>,
    delivery: Delivery,
  ): Promise<ReplyOf<typeof SnapshotRemove>> {
    return translated(() => this.removeSnapshot.run(message.data, delivery.signal));
  }
}
