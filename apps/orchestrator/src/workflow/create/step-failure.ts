import { type ErrorDetail, SnapfleetError } from '@snapfleet/contracts';
import type { StepOutcome } from '../../operations/operation.js';

/** One error for all that stands against it. */
export function withOthers([first, ...others]: readonly [ErrorDetail, ...ErrorDetail[]]): ErrorDetail {
  const message = [first.message, ...others.map((other) => `${other.code}: ${other.message}`)].join('; ');
  return { ...first, message: message.slice(0, 4096) };
}

/** The error of a step that did not succeed. */
export function failureOf(outcome: Exclude<StepOutcome, { kind: 'done' }>): ErrorDetail {
  return outcome.kind === 'failed'
    ? outcome.error
    : new SnapfleetError('cancelled', 'the operation was cancelled on request').toDetail();
}
