import { Controller } from '@nestjs/common';
import { WorkloadRunHooks, type DataOf, type MessageOf, type ReplyOf } from '@snapfleet/contracts';
import { AgentCommandHandler, type Delivery } from '@snapfleet/messaging';
import { translated } from '../failure/as-snapfleet-error.js';
import { RunHooksUseCase } from './run-hooks.use-case.js';

/** Takes the command about hooks. */
@Controller()
export class HooksController {
  constructor(private readonly runHooks: RunHooksUseCase) {}

  @AgentCommandHandler(WorkloadRunHooks)
  run(
    { data }: MessageOf<DataOf<typeof WorkloadRunHooks>>,
    { signal }: Delivery,
  ): Promise<ReplyOf<typeof WorkloadRunHooks>> {
    return translated(() => this.runHooks.run(data, signal));
  }
}
