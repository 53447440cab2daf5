import { Controller, Inject } from '@nestjs/common';
import { WritersFreeze, WritersThaw, type DataOf, type MessageOf, type ReplyOf } from '@snapfleet/contracts';
import { AgentCommandHandler } from '@snapfleet/messaging';
import { FreezeWriters } from './freeze-writers.use-case.js';

/** Takes the commands about the processes that write into volumes. */
@Controller()
export class WritersController {
  constructor(@Inject(FreezeWriters) private readonly writers: FreezeWriters) {}

  @AgentCommandHandler(WritersFreeze)
  freeze({ data }: MessageOf<DataOf<typeof WritersFreeze>>): Promise<ReplyOf<typeof WritersFreeze>> {
    return this.writers.freeze(data);
  }

  @AgentCommandHandler(WritersThaw)
  thaw({ data }: MessageOf<DataOf<typeof WritersThaw>>): Promise<ReplyOf<typeof WritersThaw>> {
    return this.writers.thaw(data);
  }
}
