import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { JournalTakenOverError } from './journal.js';
import { OwnershipWatch } from './ownership-watch.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('a process without work learns that it was replaced, and no more after its stop', () => {
  let looks = 0;
  const reports: string[] = [];
  const journal = {
    expectOwned: () => {
      looks += 1;
      if (looks > 1) throw new JournalTakenOverError('the journal is at epoch 2, this process at 1');
    },
  };
  const watch = new OwnershipWatch(journal, (event) => reports.push(event));
  watch.onApplicationBootstrap();
  vi.advanceTimersByTime(1_000);
  expect(reports).toEqual([]);
  vi.advanceTimersByTime(1_000);
  expect(reports).toEqual(['journal.not-owned']);
  watch.beforeApplicationShutdown();
  vi.advanceTimersByTime(10_000);
  expect(looks).toBe(2);
});
