import { Controller } from '@nestjs/common';
import { ClaimPreflight, type DataOf, type MessageOf, type ReplyOf } from '@snapfleet/contracts';
import { AgentCommandHandler, type Delivery } from '@snapfleet/messaging';
import { translated } from '../failure/as-snapfleet-error.js';
import { PreflightClaimUseCase } from './preflight-claim.use-case.js';

/** Takes the commands about claims. */
@Controller()
export class ClaimController {
  constructor(private readonly preflight: PreflightClaimUseCase) {}

  @AgentCommandHandler(ClaimPreflight)
  check(
    message: MessageOf<DataOf<typeof ClaimPreflight>>,
    delivery: Delivery,
  ): Promise<ReplyOf<typeof ClaimPreflight>> {
    return translated(() => this.preflight.run(message.data, delivery.signal));
  }
}
