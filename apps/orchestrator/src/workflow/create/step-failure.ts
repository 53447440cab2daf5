import { type ErrorDetail, SnapfleetError } from '@snapfleet/contracts';
import type { StepOutcome } from '../../operations/operation.js';

/** The error of a step that did not succeed. */
export function failureOf(outcome: Exclude<StepOutcome, { kind: 'done' }>): ErrorDetail {
  return outcome.kind === 'failed'
    ? outcome.error
    : new SnapfleetError('cancelled', 'the operation was cancelled on request').toDetail();
}
