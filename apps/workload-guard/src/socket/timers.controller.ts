import { Body, Controller, Delete, Get, NotFoundException, Param, Put } from '@nestjs/common';
import { ObjectUid, OperationId, SnapfleetError } from '@snapfleet/contracts';
import { TimerOrder, timersPath, type TimerAnswer, type TimerKey, type TimerList } from '@snapfleet/workloads';
import type { z } from 'zod';
import { Watch } from '../bring-back/watch.js';
import { ArmTimerUseCase } from '../timers/arm-timer.use-case.js';
import { DisarmTimerUseCase } from '../timers/disarm-timer.use-case.js';
import { Timers } from '../timers/timers.js';
import { answerOf } from './timer-answer.js';

/** Takes what is asked over the unix socket. */
@Controller(timersPath)
export class TimersController {
  constructor(
    private readonly timers: Timers,
    private readonly armTimer: ArmTimerUseCase,
    private readonly disarmTimer: DisarmTimerUseCase,
    private readonly watch: Watch,
  ) {}

  @Get()
  list(): z.infer<typeof TimerList> {
    return { timers: this.timers.open().map((timer) => answerOf(timer, this.timers)) };
  }

  @Get(':operationId/:workloadUid')
  find(@Param() parameters: unknown): TimerAnswer {
    const timer = this.timers.find(keyOf(parameters));
    if (timer === undefined) throw new NotFoundException();
    return answerOf(timer, this.timers);
  }

  @Put(':operationId/:workloadUid')
  async arm(@Param() parameters: unknown, @Body() body: unknown): Promise<TimerAnswer> {
    const key = keyOf(parameters);
    const order = TimerOrder.safeParse(body);
    if (!order.success) throw invalid(order.error);
    if (order.data.workload.uid !== key.workloadUid)
      throw new SnapfleetError('invalid_message', 'workload.uid: must be the one of the path');
    const timer = await this.armTimer.run(key, order.data);
    this.watch.notify();
    return answerOf(timer, this.timers);
  }

  @Delete(':operationId/:workloadUid')
  async disarm(@Param() parameters: unknown): Promise<TimerAnswer> {
    return answerOf(await this.disarmTimer.run(keyOf(parameters)), this.timers);
  }
}

function keyOf(parameters: unknown): TimerKey {
  const { operationId, workloadUid } = parameters as Readonly<Record<string, unknown>>;
  const operation = OperationId.safeParse(operationId);
  const uid = ObjectUid.safeParse(workloadUid);
  if (!operation.success) throw invalid(operation.error);
  if (!uid.success) throw invalid(uid.error);
  return { operationId: operation.data, workloadUid: uid.data };
}

function invalid(error: z.ZodError): SnapfleetError {
  const [issue] = error.issues;
  const field = (issue?.path ?? []).map(String).join('.');
  return new SnapfleetError('invalid_message', `${field}: ${issue?.message ?? 'does not follow its schema'}`);
}
