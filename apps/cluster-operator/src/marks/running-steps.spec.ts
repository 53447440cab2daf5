import { expect, test } from 'vitest';
import { RunningSteps } from './running-steps.js';

const never = new AbortController().signal;

/** Work that ends some turns after it was aborted. */
const untilAborted = (done: () => void) => (signal: AbortSignal) =>
  new Promise<void>((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      setImmediate(() => {
        done();
        reject(new Error('aborted'));
      });
    });
  });

test('a step is ended, and awaited, by the one that undoes it', async () => {
  const steps = new RunningSteps();
  let ended = false;
  const running = steps.run(
    'a',
    never,
    untilAborted(() => (ended = true)),
  );
  const refused = expect(running).rejects.toMatchObject({ code: 'operation_superseded' });
  await steps.end('a');
  expect(ended).toBe(true);
  await refused;
});

test('steps of another operation go on, and what a step throws by itself is passed on', async () => {
  const steps = new RunningSteps();
  const gate = Promise.withResolvers<string>();
  const running = steps.run('a', never, () => gate.promise);
  await steps.end('b');
  gate.resolve('done');
  await expect(running).resolves.toBe('done');
  await expect(steps.run('a', never, () => Promise.reject(new Error('own')))).rejects.toThrow('own');
  await steps.end('a');
});
