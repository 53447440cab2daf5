import { SnapfleetError } from '@snapfleet/contracts';

/** What becomes of a delivered message. */
export type Settlement =
  | { readonly kind: 'done' }
  | { readonly kind: 'again'; readonly delayMs: number; readonly error: SnapfleetError }
  | { readonly kind: 'give-up'; readonly error: SnapfleetError };

/** Delays before the second, third, … attempt. */
export const defaultBackOffMs: readonly number[] = [1_000, 5_000, 30_000, 120_000, 600_000];

/** The rule of one consumer. */
export interface RetryRule {
  readonly maxDeliver: number;
  readonly backOffMs: readonly number[];
}

/** How long to wait after this attempt, which counts from 1. */
export function backOffFor(attempt: number, backOffMs: readonly number[]): number {
  return backOffMs[Math.min(attempt, backOffMs.length) - 1] ?? 0;
}

/** What follows from an error of a handler: again later, or never. */
export function settlementOf(thrown: unknown, attempt: number, rule: RetryRule): Settlement {
  const error = SnapfleetError.from(thrown);
  if (!error.retryable || attempt >= rule.maxDeliver) return { kind: 'give-up', error };
  return { kind: 'again', delayMs: backOffFor(attempt, rule.backOffMs), error };
}
