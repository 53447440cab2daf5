import { SnapfleetError } from '@snapfleet/contracts';
import { describe, expect, test } from 'vitest';
import { backOffFor, defaultBackOffMs, settlementOf } from './settlement.js';

const rule = { maxDeliver: 6, backOffMs: defaultBackOffMs };

describe('what follows from an error of a handler', () => {
  test('a retryable error is tried again after a pause that grows with the attempts', () => {
    const error = new SnapfleetError('mover_failed', 'not now');
    const settlements = [1, 2, 3, 4, 5].map((attempt) => settlementOf(error, attempt, rule));
    expect(settlements).toEqual(defaultBackOffMs.map((delayMs) => ({ kind: 'again', delayMs, error })));
  });

  test('the last attempt gives up, however retryable the error is', () => {
    const error = new SnapfleetError('mover_failed', 'not now');
    expect(settlementOf(error, 6, rule)).toEqual({ kind: 'give-up', error });
  });

  test('a final error gives up at the first attempt', () => {
    const error = new SnapfleetError('pvc_not_found', 'no such claim');
    expect(settlementOf(error, 1, rule)).toEqual({ kind: 'give-up', error });
  });

  test('the place may know better than the code whether to try again', () => {
    const error = new SnapfleetError('mover_failed', 'the disk is gone', { retryable: false });
    expect(settlementOf(error, 1, rule)).toEqual({ kind: 'give-up', error });
  });

  test('anything unexpected is internal, and tried again', () => {
    const settlement = settlementOf(new TypeError('x is undefined'), 1, rule);
    expect(settlement).toMatchObject({ kind: 'again', error: { code: 'internal', message: 'x is undefined' } });
  });

  test('beyond the list the last pause repeats', () => {
    expect(backOffFor(9, [10, 20])).toBe(20);
  });
});
