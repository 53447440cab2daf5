import { Controller, Inject } from '@nestjs/common';
import { WritersFreeze, WritersThaw, type DataOf, type MessageOf, type ReplyOf } from '@snapfleet/contracts';
import { AgentCommandHandler } from '@snapfleet/messaging';
import { WriterFreezes } from './writer-freezes.js';

/** Takes the commands about writers that host-lvm takes on a real device. */
@Controller()
export class WritersController {
  constructor(@Inject(WriterFreezes) private readonly freezes: WriterFreezes) {}

  @AgentCommandHandler(WritersFreeze)
  freeze({ data }: MessageOf<DataOf<typeof WritersFreeze>>): Promise<ReplyOf<typeof WritersFreeze>> {
    const { freezeId, frozenAt } = this.freezes.freeze(data);
    return Promise.resolve({ freezeId, frozenAt });
  }

  @AgentCommandHandler(WritersThaw)
  thaw({ data }: MessageOf<DataOf<typeof WritersThaw>>): Promise<ReplyOf<typeof WritersThaw>> {
    return Promise.resolve(this.freezes.thaw(data));
  }
}
