import { Controller, Inject } from '@nestjs/common';
import { PoolReport, type DataOf, type MessageOf, type ReplyOf } from '@snapfleet/contracts';
import { AgentCommandHandler } from '@snapfleet/messaging';
import { LeaseTable } from './exposure/lease-table.js';
import { LvmVolumes } from './privileged/lvm-volumes.js';

/** Tells how full the thin pools are. */
@Controller()
export class PoolController {
  constructor(
    @Inject(LvmVolumes) private readonly volumes: LvmVolumes,
    @Inject(LeaseTable) private readonly leases: LeaseTable,
  ) {}

  @AgentCommandHandler(PoolReport)
  async report(_message: MessageOf<DataOf<typeof PoolReport>>): Promise<ReplyOf<typeof PoolReport>> {
    return { pools: await this.volumes.pools(), leases: this.leases.count };
  }
}
