import { Controller } from '@nestjs/common';
import { VolumeRemove, VolumeRestore, type DataOf, type MessageOf, type ReplyOf } from '@snapfleet/contracts';
import { AgentCommandHandler, type Delivery } from '@snapfleet/messaging';
import { translated } from '../failure/as-snapfleet-error.js';
import { RemoveVolumeUseCase } from '../volume-remove/remove-volume.use-case.js';
import { RestoreVolumeUseCase } from './restore-volume.use-case.js';

/** Takes the commands about restored volumes. */
@Controller()
export class VolumeController {
  constructor(
    private readonly restoreVolume: RestoreVolumeUseCase,
    private readonly removeVolume: RemoveVolumeUseCase,
  ) {}

  @AgentCommandHandler(VolumeRestore)
  restore(
    message: MessageOf<DataOf<typeof VolumeRestore>>,
    delivery: Delivery,
  ): Promise<ReplyOf<typeof VolumeRestore>> {
    return translated(() => this.restoreVolume.run(message.data, delivery.signal));
  }

  @AgentCommandHandler(VolumeRemove)
  remove(message: MessageOf<DataOf<typeof VolumeRemove>>, delivery: Delivery): Promise<ReplyOf<typeof VolumeRemove>> {
    return translated(() => this.removeVolume.run(message.data, delivery.signal));
  }
}
