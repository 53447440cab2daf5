import { Controller } from '@nestjs/common';
import { type DataOf, DeviceDoctor, type MessageOf, type ReplyOf } from '@snapfleet/contracts';
import { QueryHandler } from '@snapfleet/messaging';
import { ExamineDeviceUseCase } from './examine-device.use-case.js';

/** Answers `device.doctor`. */
@Controller()
export class ExamineDeviceController {
  constructor(private readonly examine: ExamineDeviceUseCase) {}

  @QueryHandler(DeviceDoctor)
  run({ data }: MessageOf<DataOf<typeof DeviceDoctor>>): Promise<ReplyOf<typeof DeviceDoctor>> {
    return this.examine.run(data);
  }
}
