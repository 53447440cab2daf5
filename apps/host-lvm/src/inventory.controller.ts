import { Controller, Inject } from '@nestjs/common';
import { VolumeDestroy, VolumeInventory, type DataOf, type MessageOf, type ReplyOf } from '@snapfleet/contracts';
import { AgentCommandHandler } from '@snapfleet/messaging';
import { DestroyVolume } from './removal/destroy-volume.use-case.js';
import { InventoryVolumes } from './removal/inventory-volumes.use-case.js';

/** Lists thin volumes, and removes one that nothing refers to. */
@Controller()
export class InventoryController {
  constructor(
    @Inject(InventoryVolumes) private readonly inventory: InventoryVolumes,
    @Inject(DestroyVolume) private readonly destroyVolume: DestroyVolume,
  ) {}

  @AgentCommandHandler(VolumeInventory)
  list({ data }: MessageOf<DataOf<typeof VolumeInventory>>): Promise<ReplyOf<typeof VolumeInventory>> {
    return this.inventory.run(data.after);
  }

  @AgentCommandHandler(VolumeDestroy)
  destroy({ data }: MessageOf<DataOf<typeof VolumeDestroy>>): Promise<ReplyOf<typeof VolumeDestroy>> {
    return this.destroyVolume.run(data);
  }
}
