import { Controller, Inject } from '@nestjs/common';
import {
  PoolReport,
  VolumeConceal,
  VolumeExpose,
  VolumeLocate,
  VolumeRenew,
  VolumeSurvey,
  type DataOf,
  type MessageOf,
  type ReplyOf,
} from '@snapfleet/contracts';
import { AgentCommandHandler } from '@snapfleet/messaging';
import { HostPools } from './host-pools.js';
import { HostVolumes } from './host-volumes.js';

/** Takes the commands that host-lvm takes on a real device. */
@Controller()
export class VolumeController {
  constructor(
    @Inject(HostVolumes) private readonly volumes: HostVolumes,
    @Inject(HostPools) private readonly pools: HostPools,
  ) {}

  @AgentCommandHandler(VolumeLocate)
  locate({ data }: MessageOf<DataOf<typeof VolumeLocate>>): Promise<ReplyOf<typeof VolumeLocate>> {
    return this.volumes.locate(data.volumeHandle);
  }

  @AgentCommandHandler(VolumeExpose)
  expose({ data }: MessageOf<DataOf<typeof VolumeExpose>>): Promise<ReplyOf<typeof VolumeExpose>> {
    return this.volumes.expose(data);
  }

  @AgentCommandHandler(VolumeRenew)
  renew({ data }: MessageOf<DataOf<typeof VolumeRenew>>): Promise<ReplyOf<typeof VolumeRenew>> {
    const expiresAt = this.volumes.renew(data.leaseId, data.leaseSeconds);
    return Promise.resolve({ expiresAt: expiresAt.toISOString() });
  }

  @AgentCommandHandler(VolumeConceal)
  conceal({ data }: MessageOf<DataOf<typeof VolumeConceal>>): Promise<ReplyOf<typeof VolumeConceal>> {
    return Promise.resolve({ concealed: this.volumes.conceal(data.leaseId) });
  }

  @AgentCommandHandler(PoolReport)
  report(_message: MessageOf<DataOf<typeof PoolReport>>): Promise<ReplyOf<typeof PoolReport>> {
    return this.pools.report();
  }

  @AgentCommandHandler(VolumeSurvey)
  survey({ data }: MessageOf<DataOf<typeof VolumeSurvey>>): Promise<ReplyOf<typeof VolumeSurvey>> {
    return this.pools.survey(data);
  }
}
