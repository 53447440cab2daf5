import { SnapfleetError, SnapshotReady } from '@snapfleet/contracts';
import { expect, test } from 'vitest';
import { waitUntil } from '../support/wait-until.js';
import { useDevice } from './device.js';

const device = useDevice();
const example = SnapshotReady.example;
const durable = 'backup-worker';

test('waits at its close for the handlers that run, and takes no new messages', async () => {
  const gate = Promise.withResolvers<undefined>();
  const begun = Promise.withResolvers<undefined>();
  let calls = 0;
  const worker = await device.start(
    durable,
    {
      ready: async () => {
        calls += 1;
        begun.resolve(undefined);
        await gate.promise;
      },
    },
    { concurrency: 1, finishMs: 5_000, drainDeadlineMs: 10_000 },
  );
  await device.client.publish(SnapshotReady, example);
  await device.client.publish(SnapshotReady, example);
  await begun.promise;
  const closed = worker.close();
  expect(worker.transport.health().ready).toBe(false);
  gate.resolve(undefined);
  await closed;
  expect(calls).toBe(1);
  expect(await device.client.consumer('EVT', durable)).toMatchObject({ num_ack_pending: 0, num_pending: 1 });
});

test('aborts a handler that does not end in time, and gives its message back at once', async () => {
  const begun = Promise.withResolvers<undefined>();
  const worker = await device.start(
    durable,
    {
      ready: async (_, { signal }) => {
        begun.resolve(undefined);
        await new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason as SnapfleetError);
          });
        });
      },
    },
    { finishMs: 50, drainDeadlineMs: 5_000 },
  );
  const id = await device.client.publish(SnapshotReady, example);
  await begun.promise;
  await worker.close();
  const seen: string[] = [];
  await device.start(durable, { ready: (message) => Promise.resolve(void seen.push(message.id)) });
  await waitUntil('the next process has it', () => seen.includes(id));
});

test('gives back the message of a handler that does not listen to its signal', async () => {
  const begun = Promise.withResolvers<undefined>();
  const worker = await device.start(
    durable,
    {
      ready: async () => {
        begun.resolve(undefined);
        await new Promise(() => undefined);
      },
    },
    { finishMs: 50, drainDeadlineMs: 100 },
  );
  const id = await device.client.publish(SnapshotReady, example);
  await begun.promise;
  await worker.close();
  const attempts: number[] = [];
  await device.start(durable, {
    ready: (message, { attempt }) => {
      if (message.id === id) attempts.push(attempt);
      return Promise.resolve();
    },
  });
  await waitUntil('the next process has it', () => attempts.length === 1);
  expect(attempts).toEqual([2]);
});
