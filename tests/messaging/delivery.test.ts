import { SnapfleetError, SnapshotCreate, SnapshotReady, subjectFor } from '@snapfleet/contracts';
import { applyTopology, DeadLetters, type NatsLink } from '@snapfleet/messaging';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { waitUntil } from '../support/wait-until.js';
import { useDevice } from './device.js';
import { device as deviceId } from './test-service.js';

const device = useDevice();
const example = SnapshotReady.example;
const durable = 'backup-worker';

test('acknowledges an event only after its handler has ended', async () => {
  const gate = Promise.withResolvers<undefined>();
  const begun = Promise.withResolvers<undefined>();
  await device.start(durable, {
    ready: async () => {
      begun.resolve(undefined);
      await gate.promise;
    },
  });
  await device.client.publish(SnapshotReady, example);
  await begun.promise;
  expect((await device.client.consumer('EVT', durable)).num_ack_pending).toBe(1);
  gate.resolve(undefined);
  await waitUntil('the event is acknowledged', () => device.client.isDone('EVT', durable));
});

test('delivers again what a process that died was working on', async () => {
  const dying = await device.start(durable, { ready: () => new Promise(() => undefined) }, { ackWaitMs: 600 });
  await device.client.publish(SnapshotReady, example);
  await waitUntil('the first process has the event', async () => {
    return (await device.client.consumer('EVT', durable)).num_ack_pending === 1;
  });
  await dying.transport.unwrap<NatsLink>().close();
  const attempts: number[] = [];
  await device.start(
    durable,
    { ready: (_, { attempt }) => Promise.resolve(void attempts.push(attempt)) },
    { ackWaitMs: 600 },
  );
  await waitUntil('the event is done', () => device.client.isDone('EVT', durable));
  expect(attempts.at(-1)).toBeGreaterThan(1);
});

test('tries a retryable error again, then makes it a dead letter with the reason', async () => {
  const attempts: { attempt: number; lastAttempt: boolean }[] = [];
  await device.start(
    durable,
    {
      ready: (_, { attempt, lastAttempt }) => {
        attempts.push({ attempt, lastAttempt });
        throw new SnapfleetError('destination_unavailable', 'the disk "backup"\nis full');
      },
    },
    { maxDeliver: 3, backOffMs: [100, 300] },
  );
  const id = await device.client.publish(SnapshotReady, example);
  const letters = new DeadLetters(device.client.connection);
  const [letter] = await waitUntil('there is a dead letter', async () => {
    const found = await letters.list();
    return found.length > 0 && found;
  });
  expect(attempts).toEqual([
    { attempt: 1, lastAttempt: false },
    { attempt: 2, lastAttempt: false },
    { attempt: 3, lastAttempt: true },
  ]);
  expect(letter).toMatchObject({
    subject: subjectFor(SnapshotReady, deviceId),
    stream: 'EVT',
    durable,
    attempts: 3,
    errorCode: 'destination_unavailable',
    errorMessage: 'the disk "backup" is full',
    messageId: id,
  });
  await waitUntil('the consumer is done with it', () => device.client.isDone('EVT', durable));
});

test('makes a final error a dead letter at once', async () => {
  let calls = 0;
  await device.start(durable, {
    ready: () => {
      calls += 1;
      throw new SnapfleetError('mover_unknown', 'there is no mover "tape"');
    },
  });
  await device.client.publish(SnapshotReady, example);
  await waitUntil('there is a dead letter', async () => {
    return (await new DeadLetters(device.client.connection).list()).length === 1;
  });
  await waitUntil('the consumer is done with it', () => device.client.isDone('EVT', durable));
  expect(calls).toBe(1);
});

test('keeps a message that is worked on for longer than the ack wait', async () => {
  let calls = 0;
  await device.start(
    durable,
    {
      ready: async () => {
        calls += 1;
        await wait(2_000);
      },
    },
    { ackWaitMs: 500 },
  );
  await device.client.publish(SnapshotReady, example);
  await waitUntil('the event is done', () => calls > 0 && device.client.isDone('EVT', durable));
  expect(calls).toBe(1);
  expect((await device.client.consumer('EVT', durable)).num_redelivered).toBe(0);
});

test('stores an event once, however often it is published with its id', async () => {
  const orchestrator = await device.start('orchestrator');
  await orchestrator.events.publish(SnapshotReady, example, { id: 'the-same' });
  await orchestrator.events.publish(SnapshotReady, example, { id: 'the-same' });
  expect(await device.client.messagesIn('EVT')).toBe(1);
});

test('works on no more messages at a time than it was told', async () => {
  let running = 0;
  let most = 0;
  let done = 0;
  await device.start(
    durable,
    {
      ready: async () => {
        most = Math.max(most, (running += 1));
        await wait(30);
        running -= 1;
        done += 1;
      },
    },
    { concurrency: 2 },
  );
  for (let index = 0; index < 12; index += 1) await device.client.publish(SnapshotReady, example);
  await waitUntil('all are done', () => done === 12);
  expect(most).toBe(2);
});

test('goes on with other messages while failed ones wait for their next attempt', async () => {
  const done: string[] = [];
  let failures = 0;
  await device.start(
    durable,
    {
      ready: (message) => {
        if (message.subject === 'bad') failures += 1;
        if (message.subject === 'bad') throw new SnapfleetError('mover_failed', 'not now');
        return Promise.resolve(void done.push(message.id));
      },
    },
    { concurrency: 1, backOffMs: [60_000] },
  );
  for (let index = 0; index < 3; index += 1) await device.client.publish(SnapshotReady, example, { subject: 'bad' });
  const good = await device.client.publish(SnapshotReady, example);
  await waitUntil('the good one is done', () => done.includes(good));
  expect(failures).toBe(3);
});

test('gives each party its own copy of an event, at its own pace', async () => {
  const seen: string[] = [];
  await device.start('orchestrator');
  await applyTopology(device.client.connection, ['backup-worker', 'restore-verifier']);
  const id = await device.client.publish(SnapshotReady, example);
  await device.start('restore-verifier', { ready: ({ id }) => Promise.resolve(void seen.push(`verifier ${id}`)) });
  await waitUntil('the verifier has it', () => device.client.isDone('EVT', 'restore-verifier'));
  expect(seen).toEqual([`verifier ${id}`]);
  await device.start('backup-worker', { ready: ({ id }) => Promise.resolve(void seen.push(`worker ${id}`)) });
  await waitUntil('the worker has it', () => device.client.isDone('EVT', 'backup-worker'));
  expect(seen).toEqual([`verifier ${id}`, `worker ${id}`]);
});

test('lets what a handler causes belong to the same operation and trace', async () => {
  const orchestrator = await device.start('orchestrator', {
    create: async () => {
      await orchestrator.events.publish(SnapshotReady, example);
    },
  });
  const seen = Promise.withResolvers<Record<string, unknown>>();
  await device.start(durable, {
    ready: (message) => {
      seen.resolve({ ...message });
      return Promise.resolve();
    },
  });
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const id = await device.client.publish(SnapshotCreate, SnapshotCreate.example, { workflowId: 'w-1', traceparent });
  const event = await seen.promise;
  expect(event).toMatchObject({ workflowid: 'w-1', causationid: id });
  expect(event['traceparent']).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/);
});
