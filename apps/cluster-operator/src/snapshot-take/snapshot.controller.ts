import { Controller } from '@nestjs/common';
import { SnapshotRemove, SnapshotTake, type DataOf, type MessageOf, type ReplyOf } from '@snapfleet/contracts';
import { AgentCommandHandler, type Delivery } from '@snapfleet/messaging';
import { RunningSteps } from '../marks/running-steps.js';
import { translated } from '../failure/as-snapfleet-error.js';
import { RemoveOrReleaseUseCase } from '../snapshot-remove/remove-or-release.use-case.js';
import { TakeSnapshotUseCase } from './take-snapshot.use-case.js';

/** Takes the commands about VolumeSnapshots. */
@Controller()
export class SnapshotController {
  constructor(
    private readonly takeSnapshot: TakeSnapshotUseCase,
    private readonly removeSnapshot: RemoveOrReleaseUseCase,
    private readonly steps: RunningSteps,
  ) {}

  @AgentCommandHandler(SnapshotTake)
  take(message: MessageOf<DataOf<typeof SnapshotTake>>, delivery: Delivery): Promise<ReplyOf<typeof SnapshotTake>> {
    const { data } = message;
    return translated(() =>
      this.steps.run(`restore point ${data.restorePointId}`, delivery.signal, (signal) =>
        this.takeSnapshot.run(data, signal),
      ),
    );
  }

  @AgentCommandHandler(SnapshotRemove)
  remove(
    message: MessageOf<DataOf<typeof SnapshotRemove>>,
    delivery: Delivery,
  ): Promise<ReplyOf<typeof SnapshotRemove>> {
    return translated(async () => {
      await this.steps.end(`restore point ${message.data.restorePointId}`);
      return this.removeSnapshot.run(message.data, delivery.signal);
    });
  }
}
