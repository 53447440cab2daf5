import { describe, expect, it } from 'vitest';
import { OneAtATime } from './one-at-a-time.js';

const { signal } = new AbortController();

describe('OneAtATime', () => {
  it('begins the next work when the one before has ended, also when it failed', async () => {
    const queue = new OneAtATime();
    const order: string[] = [];
    const gate = Promise.withResolvers<undefined>();
    const first = queue.run(signal, async () => {
      order.push('first begins');
      await gate.promise;
      order.push('first fails');
      throw new Error('failed');
    });
    const second = queue.run(signal, () => Promise.resolve(order.push('second')));
    gate.resolve(undefined);
    await expect(first).rejects.toThrow('failed');
    await second;
    expect(order).toEqual(['first begins', 'first fails', 'second']);
  });

  it('does not begin work whose signal was aborted while it waited', async () => {
    const queue = new OneAtATime();
    const abort = new AbortController();
    const gate = Promise.withResolvers<undefined>();
    const first = queue.run(signal, () => gate.promise);
    const second = queue.run(abort.signal, () => Promise.reject(new Error('begun')));
    abort.abort(new Error('stopped'));
    gate.resolve(undefined);
    await first;
    await expect(second).rejects.toThrow('stopped');
  });
});
