import { SnapfleetError } from '@snapfleet/contracts';

/** What was thrown as a SnapfleetError: `interrupted` where the signal was aborted without a reason of that kind. */
export function errorOf(thrown: unknown, signal: AbortSignal): SnapfleetError {
  if (thrown instanceof SnapfleetError) return thrown;
  if (signal.aborted)
    return new SnapfleetError('interrupted', 'The service was stopped in the middle of the work', { cause: thrown });
  return SnapfleetError.from(thrown);
}
