import { Controller } from '@nestjs/common';
import { WorkloadQuiesce, WorkloadResume, type DataOf, type MessageOf, type ReplyOf } from '@snapfleet/contracts';
import { AgentCommandHandler, type Delivery } from '@snapfleet/messaging';
import { translated } from '../failure/as-snapfleet-error.js';
import { QuiesceWorkloadUseCase } from '../workload-quiesce/quiesce-workload.use-case.js';
import { ResumeWorkloadUseCase } from '../workload-resume/resume-workload.use-case.js';

/** Takes the commands about workloads. */
@Controller()
export class WorkloadController {
  constructor(
    private readonly quiesceWorkload: QuiesceWorkloadUseCase,
    private readonly resumeWorkload: ResumeWorkloadUseCase,
  ) {}

  @AgentCommandHandler(WorkloadQuiesce)
  quiesce(
    message: MessageOf<DataOf<typeof WorkloadQuiesce>>,
    delivery: Delivery,
  ): Promise<ReplyOf<typeof WorkloadQuiesce>> {
    return translated(() => this.quiesceWorkload.run(message.data, delivery.signal));
  }

  @AgentCommandHandler(WorkloadResume)
  resume(
    message: MessageOf<DataOf<typeof WorkloadResume>>,
    delivery: Delivery,
  ): Promise<ReplyOf<typeof WorkloadResume>> {
    return translated(() => this.resumeWorkload.run(message.data, delivery.signal));
  }
}
