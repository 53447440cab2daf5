import { Controller } from '@nestjs/common';
import { GuardReport, type DataOf, type MessageOf, type ReplyOf } from '@snapfleet/contracts';
import { AgentCommandHandler, type Delivery } from '@snapfleet/messaging';
import { translated } from '../failure/as-snapfleet-error.js';
import { ReportGuardUseCase } from './report-guard.use-case.js';

/** Takes the question about the workload guard, which has no NATS of its own. */
@Controller()
export class GuardController {
  constructor(private readonly reportGuard: ReportGuardUseCase) {}

  @AgentCommandHandler(GuardReport)
  report(_message: MessageOf<DataOf<typeof GuardReport>>, delivery: Delivery): Promise<ReplyOf<typeof GuardReport>> {
    return translated(() => this.reportGuard.run(delivery.signal));
  }
}
