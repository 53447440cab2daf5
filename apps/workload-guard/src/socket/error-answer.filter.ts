import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { SnapfleetError, type ErrorCode } from '@snapfleet/contracts';
import type { ErrorAnswer } from '@snapfleet/workloads';
import type { z } from 'zod';
import type { Report } from '../bring-back/bring-back.js';

/** What may pass is 503, so that the client asks again. */
const statuses: Partial<Record<ErrorCode, number>> = {
  invalid_message: 400,
  hooks_unsupported: 403,
  workload_not_recreatable: 403,
  operation_superseded: 409,
  guard_unavailable: 503,
  deadline_exceeded: 503,
};

interface JsonResponse {
  status(code: number): JsonResponse;
  json(body: z.infer<typeof ErrorAnswer>): void;
}

/** Answers an error as one of this product: a stable code with its message. */
@Catch()
export class ErrorAnswerFilter implements ExceptionFilter {
  constructor(private readonly report: Report) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<JsonResponse>();
    if (thrown instanceof HttpException) {
      const error = new SnapfleetError('invalid_message', thrown.message, { cause: thrown });
      response.status(thrown.getStatus()).json({ error: error.toDetail() });
      return;
    }
    const error = SnapfleetError.from(thrown);
    const status = statuses[error.code] ?? 500;
    if (status === 500) this.report('error', 'socket.failed', { error });
    response.status(status).json({ error: error.toDetail() });
  }
}
