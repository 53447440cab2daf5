import type { OnModuleInit } from '@nestjs/common';
import type { Movers, Scratch } from '@snapfleet/movers';
import type { ServiceLog } from '@snapfleet/service-kit';

/** Removes what an earlier run left in the scratch directory, before messages are taken. */
export class VerifierLifetime implements OnModuleInit {
  constructor(
    private readonly movers: Movers,
    private readonly scratch: Scratch,
    private readonly log: ServiceLog,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.scratch.sweep();
    this.log.info('movers.ready', { movers: [...this.movers.keys()] });
  }
}
