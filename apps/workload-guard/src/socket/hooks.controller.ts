import { Controller, Get, Param } from '@nestjs/common';
import { Namespace, SnapfleetError } from '@snapfleet/contracts';
import { hooksPath, type HooksAnswer } from '@snapfleet/workloads';
import type { z } from 'zod';
import { ArmTimerUseCase } from '../timers/arm-timer.use-case.js';

/** Tells over the unix socket whether a timer of hooks would be armed. */
@Controller(hooksPath)
export class HooksController {
  constructor(private readonly armTimer: ArmTimerUseCase) {}

  @Get(':namespace')
  async expect(@Param('namespace') name: unknown): Promise<z.infer<typeof HooksAnswer>> {
    const namespace = Namespace.safeParse(name);
    if (!namespace.success) throw new SnapfleetError('invalid_message', 'namespace: must be a Kubernetes namespace');
    await this.armTimer.expectHooks(namespace.data);
    return { namespace: namespace.data };
  }
}
