import { Controller } from '@nestjs/common';
import { WorkloadQuiesce, WorkloadResume, type DataOf, type MessageOf, type ReplyOf } from '@snapfleet/contracts';
import { AgentCommandHandler, type Delivery } from '@snapfleet/messaging';
import { RunningSteps } from '../marks/running-steps.js';
import { translated } from '../failure/as-snapfleet-error.js';
import { QuiesceWorkloadUseCase } from '../workload-quiesce/quiesce-workload.use-case.js';
import { ResumeWorkloadUseCase } from '../workload-resume/resume-workload.use-case.js';

/** Takes the commands about workloads. */
@Controller()
export class WorkloadController {
  constructor(
    private readonly quiesceWorkload: QuiesceWorkloadUseCase,
    private readonly resumeWorkload: ResumeWorkloadUseCase,
    private readonly steps: RunningSteps,
  ) {}

  @AgentCommandHandler(WorkloadQuiesce)
  quiesce(
    message: MessageOf<DataOf<typeof WorkloadQuiesce>>,
    delivery: Delivery,
  ): Promise<ReplyOf<typeof WorkloadQuiesce>> {
    const { data } = message;
    return translated(() =>
      this.steps.run(`operation ${data.operationId}`, delivery.signal, (signal) =>
        this.quiesceWorkload.run(data, signal),
      ),
    );
  }

  @AgentCommandHandler(WorkloadResume)
  resume(
    message: MessageOf<DataOf<typeof WorkloadResume>>,
    delivery: Delivery,
  ): Promise<ReplyOf<typeof WorkloadResume>> {
    return translated(async () => {
      await this.steps.end(`operation ${message.data.operationId}`);
      return this.resumeWorkload.run(message.data, delivery.signal);
    });
  }
}
