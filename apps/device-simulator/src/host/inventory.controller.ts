import { Controller, Inject } from '@nestjs/common';
import { VolumeDestroy, VolumeInventory, type DataOf, type MessageOf, type ReplyOf } from '@snapfleet/contracts';
import { AgentCommandHandler } from '@snapfleet/messaging';
import { HostRemoval } from './host-removal.js';

/** Takes the commands about what is left over that host-lvm takes on a real device. */
@Controller()
export class InventoryController {
  constructor(@Inject(HostRemoval) private readonly removal: HostRemoval) {}

  @AgentCommandHandler(VolumeInventory)
  list({ data }: MessageOf<DataOf<typeof VolumeInventory>>): Promise<ReplyOf<typeof VolumeInventory>> {
    return Promise.resolve(this.removal.inventory(data.after));
  }

  @AgentCommandHandler(VolumeDestroy)
  destroy({ data }: MessageOf<DataOf<typeof VolumeDestroy>>): Promise<ReplyOf<typeof VolumeDestroy>> {
    return this.removal.destroy(data);
  }
}
