import { Controller } from '@nestjs/common';
import {
  VolumeAbandon,
  VolumeRemove,
  VolumeRestore,
  type DataOf,
  type MessageOf,
  type ReplyOf,
} from '@snapfleet/contracts';
import { AgentCommandHandler, type Delivery } from '@snapfleet/messaging';
import { translated } from '../failure/as-snapfleet-error.js';
import { RunningSteps } from '../marks/running-steps.js';
import { RemoveVolumeUseCase } from '../volume-remove/remove-volume.use-case.js';
import { AbandonRestoreUseCase } from './abandon-restore.use-case.js';
import { restoreStep } from './restore-step.js';
import { RestoreVolumeUseCase } from './restore-volume.use-case.js';

/** Takes the commands about restored volumes. */
@Controller()
export class VolumeController {
  constructor(
    private readonly restoreVolume: RestoreVolumeUseCase,
    private readonly removeVolume: RemoveVolumeUseCase,
    private readonly abandonRestore: AbandonRestoreUseCase,
    private readonly steps: RunningSteps,
  ) {}

  @AgentCommandHandler(VolumeRestore)
  restore(
    message: MessageOf<DataOf<typeof VolumeRestore>>,
    delivery: Delivery,
  ): Promise<ReplyOf<typeof VolumeRestore>> {
    const { data } = message;
    return translated(() =>
      this.steps.run(restoreStep(data.operationId), delivery.signal, (signal) => this.restoreVolume.run(data, signal)),
    );
  }

  @AgentCommandHandler(VolumeAbandon)
  abandon(
    message: MessageOf<DataOf<typeof VolumeAbandon>>,
    delivery: Delivery,
  ): Promise<ReplyOf<typeof VolumeAbandon>> {
    return translated(() => this.abandonRestore.run(message.data, delivery.signal));
  }

  @AgentCommandHandler(VolumeRemove)
  remove(message: MessageOf<DataOf<typeof VolumeRemove>>, delivery: Delivery): Promise<ReplyOf<typeof VolumeRemove>> {
    return translated(() => this.removeVolume.run(message.data, delivery.signal));
  }
}
