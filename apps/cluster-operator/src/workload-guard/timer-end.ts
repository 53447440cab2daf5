import { SnapfleetError } from '@snapfleet/contracts';
import type { TimerAnswer } from '@snapfleet/workloads';

/** Why nothing is proven where the guard remembers no timer. */
const unknownTimer =
  'workload-guard has no timer of it: it was never taken away or held, or the file of the guard was lost';

/** The answer of the guard, or the error that says that there is none: a guard that is away must not keep a workload down. */
export async function orSilent<T>(answer: Promise<T>): Promise<T | SnapfleetError> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof SnapfleetError && error.code === 'guard_unavailable') return error;
    throw error;
  }
}

/** How a timer ended that was not faster than its operation, or the error of a guard that is away. */
type End = Exclude<TimerAnswer, { state: 'brought-back' }> | SnapfleetError;

/** What a reply says of that end: how long the workload was away, or why it is not known whether it was until then. */
export function proofOf(end: End): { readonly unproven?: string; readonly downtimeMs?: number } {
  if (end instanceof SnapfleetError) return { unproven: end.message.slice(0, 1024) };
  return end.state === 'disarmed' && end.wasArmed ? downtimeOf(end) : { unproven: unknownTimer };
}

/** How long the workload was away or held, where the guard could count it. */
export const downtimeOf = ({
  downtimeMs,
}: {
  readonly downtimeMs?: number | undefined;
}): { readonly downtimeMs?: number } => (downtimeMs === undefined ? {} : { downtimeMs });
