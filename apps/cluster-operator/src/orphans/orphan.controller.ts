import { Controller } from '@nestjs/common';
import {
  ClusterInventory,
  ClusterPurge,
  ClusterReferences,
  type DataOf,
  type MessageOf,
  type ReplyOf,
} from '@snapfleet/contracts';
import { AgentCommandHandler, type Delivery } from '@snapfleet/messaging';
import { translated } from '../failure/as-snapfleet-error.js';
import { FindReferencesUseCase } from './find-references.use-case.js';
import { InventoryClusterUseCase } from './inventory-cluster.use-case.js';
import { PurgeOrphanUseCase } from './purge-orphan.use-case.js';

/** Takes the commands about what is left over. */
@Controller()
export class OrphanController {
  constructor(
    private readonly inventory: InventoryClusterUseCase,
    private readonly references: FindReferencesUseCase,
    private readonly purgeOrphan: PurgeOrphanUseCase,
  ) {}

  @AgentCommandHandler(ClusterInventory)
  list(
    { data }: MessageOf<DataOf<typeof ClusterInventory>>,
    { signal }: Delivery,
  ): Promise<ReplyOf<typeof ClusterInventory>> {
    return translated(() => this.inventory.run(data.after, signal));
  }

  @AgentCommandHandler(ClusterReferences)
  find(
    { data }: MessageOf<DataOf<typeof ClusterReferences>>,
    { signal }: Delivery,
  ): Promise<ReplyOf<typeof ClusterReferences>> {
    return translated(() => this.references.run(data, signal));
  }

  @AgentCommandHandler(ClusterPurge)
  purge({ data }: MessageOf<DataOf<typeof ClusterPurge>>, { signal }: Delivery): Promise<ReplyOf<typeof ClusterPurge>> {
    return translated(() => this.purgeOrphan.run(data, signal));
  }
}
