import { WaitDeadlineError } from './wait-deadline-error.js';

/**
 * Awaits something; where its deadline passed, throws what `explain` makes of it instead.
 * @throws what `explain` returns, or whatever else the wait throws
 */
export async function orOnDeadline<T>(
  wait: Promise<T>,
  explain: (ended: WaitDeadlineError) => Error | Promise<Error>,
): Promise<T> {
  try {
    return await wait;
  } catch (error) {
    throw error instanceof WaitDeadlineError ? await explain(error) : error;
  }
}
