import { z } from 'zod';
import { errorCodeNames, errorCodes, type ErrorCode } from './error-codes.js';

/** An error as it travels in events and replies. */
export const ErrorDetail = z.object({
  code: z.enum(errorCodeNames).describe('stable; decide by it'),
  message: z.string().max(4096).describe('what happened, for people'),
  remedy: z.string().max(1024).describe('what to do about it'),
  retryable: z.boolean().describe('whether the same request may succeed later'),
  field: z.string().max(512).optional().describe('the field of the message that is wrong'),
  rule: z.string().max(512).optional().describe('the rule that the field breaks'),
});
export type ErrorDetail = z.infer<typeof ErrorDetail>;

interface ErrorContext {
  readonly cause?: unknown;
  readonly field?: string;
  readonly rule?: string;
  /** Overrides what the code says, where the place knows better. */
  readonly retryable?: boolean;
}

/** The error of this product: a stable code, a message for people, and the remedy that belongs to the code. */
export class SnapfleetError extends Error {
  override readonly name = 'SnapfleetError';
  readonly remedy: string;
  readonly retryable: boolean;
  readonly field: string | undefined;
  readonly rule: string | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    context: ErrorContext = {},
  ) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.remedy = errorCodes[code].remedy;
    this.retryable = context.retryable ?? errorCodes[code].retryable;
    this.field = context.field;
    this.rule = context.rule;
  }

  /** The form that travels; the stack and the cause stay in the log of the process. */
  toDetail(): ErrorDetail {
    return {
      code: this.code,
      message: this.message.slice(0, 4096),
      remedy: this.remedy,
      retryable: this.retryable,
      ...(this.field === undefined ? {} : { field: this.field.slice(0, 512) }),
      ...(this.rule === undefined ? {} : { rule: this.rule.slice(0, 512) }),
    };
  }

  /** The error that another process reported. */
  static fromDetail(detail: ErrorDetail): SnapfleetError {
    return new SnapfleetError(detail.code, detail.message, {
      retryable: detail.retryable,
      ...(detail.field === undefined ? {} : { field: detail.field }),
      ...(detail.rule === undefined ? {} : { rule: detail.rule }),
    });
  }

  /** Any thrown value as a SnapfleetError; what is unknown becomes `internal` with the original as cause. */
  static from(thrown: unknown): SnapfleetError {
    if (thrown instanceof SnapfleetError) return thrown;
    return new SnapfleetError('internal', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
  }
}
