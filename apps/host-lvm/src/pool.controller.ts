import { Controller, Inject } from '@nestjs/common';
import { PoolReport, VolumeSurvey, type DataOf, type MessageOf, type ReplyOf } from '@snapfleet/contracts';
import { AgentCommandHandler } from '@snapfleet/messaging';
import { LeaseTable } from './exposure/lease-table.js';
import { SurveyVolumes } from './survey/survey-volumes.use-case.js';

/** Tells how full the thin pools are, and what that means for snapshots. */
@Controller()
export class PoolController {
  constructor(
    @Inject(SurveyVolumes) private readonly survey: SurveyVolumes,
    @Inject(LeaseTable) private readonly leases: LeaseTable,
  ) {}

  @AgentCommandHandler(PoolReport)
  async report(_message: MessageOf<DataOf<typeof PoolReport>>): Promise<ReplyOf<typeof PoolReport>> {
    const { pools, lvmd } = await this.survey.pools();
    return { pools: [...pools], lvmd, leases: this.leases.count };
  }

  @AgentCommandHandler(VolumeSurvey)
  async surveyVolumes({ data }: MessageOf<DataOf<typeof VolumeSurvey>>): Promise<ReplyOf<typeof VolumeSurvey>> {
    return await this.survey.run(data);
  }
}
