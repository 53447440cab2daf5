import { Controller, Inject } from '@nestjs/common';
import {
  VolumeConceal,
  VolumeExpose,
  VolumeLocate,
  VolumeRenew,
  type DataOf,
  type MessageOf,
  type ReplyOf,
} from '@snapfleet/contracts';
import { toFacts } from '@snapfleet/lvm';
import { AgentCommandHandler } from '@snapfleet/messaging';
import { ConcealVolume } from './exposure/conceal-volume.use-case.js';
import { ExposeVolume } from './exposure/expose-volume.use-case.js';
import { RenewLease } from './exposure/renew-lease.use-case.js';
import { LvmVolumes } from './privileged/lvm-volumes.js';

/** Takes the commands about volumes. */
@Controller()
export class VolumeController {
  constructor(
    @Inject(LvmVolumes) private readonly volumes: LvmVolumes,
    @Inject(ExposeVolume) private readonly exposeVolume: ExposeVolume,
    @Inject(RenewLease) private readonly renewLease: RenewLease,
    @Inject(ConcealVolume) private readonly concealVolume: ConcealVolume,
  ) {}

  @AgentCommandHandler(VolumeLocate)
  async locate({ data }: MessageOf<DataOf<typeof VolumeLocate>>): Promise<ReplyOf<typeof VolumeLocate>> {
    return toFacts(await this.volumes.find(data.volumeHandle));
  }

  @AgentCommandHandler(VolumeExpose)
  async expose({ data }: MessageOf<DataOf<typeof VolumeExpose>>): Promise<ReplyOf<typeof VolumeExpose>> {
    return await this.exposeVolume.run(data);
  }

  @AgentCommandHandler(VolumeRenew)
  renew({ data }: MessageOf<DataOf<typeof VolumeRenew>>): Promise<ReplyOf<typeof VolumeRenew>> {
    const { expiresAt, damage } = this.renewLease.run(data.leaseId, data.leaseSeconds);
    return Promise.resolve({
      expiresAt: expiresAt.toISOString(),
      ...(damage === undefined ? {} : { damage: damage.slice(0, 1024) }),
    });
  }

  @AgentCommandHandler(VolumeConceal)
  async conceal({ data }: MessageOf<DataOf<typeof VolumeConceal>>): Promise<ReplyOf<typeof VolumeConceal>> {
    return { concealed: await this.concealVolume.run(data.leaseId) };
  }
}
