import { expect, test } from 'vitest';
import { CallMemory } from './call-memory.js';

test('remembers the outcome of a call, and that it runs', async () => {
  const calls = new CallMemory();
  const gate = Promise.withResolvers<undefined>();
  const ended = calls.run('inbox.1', async () => {
    await gate.promise;
    return { ok: true, result: 1 };
  });
  expect(calls.isRunning('inbox.1')).toBe(true);
  expect(calls.recall('inbox.1')).toBeUndefined();
  gate.resolve(undefined);
  await ended;
  expect(calls.isRunning('inbox.1')).toBe(false);
  expect(calls.recall('inbox.1')).toEqual({ ok: true, result: 1 });
});

test('forgets a call that was interrupted, so that it runs again', async () => {
  const calls = new CallMemory();
  await expect(calls.run('inbox.1', () => Promise.reject(new Error('the service stops')))).rejects.toThrow();
  expect(calls.isRunning('inbox.1')).toBe(false);
  expect(calls.recall('inbox.1')).toBeUndefined();
});

test('forgets the oldest calls', async () => {
  const calls = new CallMemory();
  for (let call = 0; call <= 512; call += 1) {
    await calls.run(`inbox.${String(call)}`, () => Promise.resolve({ ok: true, result: call }));
  }
  expect(calls.recall('inbox.0')).toBeUndefined();
  expect(calls.recall('inbox.512')).toEqual({ ok: true, result: 512 });
});
