import { SnapfleetError, SnapshotReady } from '@snapfleet/contracts';
import { DeadLetters, type DeadLetter } from '@snapfleet/messaging';
import { expect, test } from 'vitest';
import { waitUntil } from '../support/wait-until.js';
import { useDevice } from './device.js';

const device = useDevice();

async function firstDeadLetter(): Promise<DeadLetter> {
  const letters = new DeadLetters(device.client.connection);
  return waitUntil('there is a dead letter', async () => (await letters.list())[0]);
}

test('puts a dead letter back for the consumer that gave up on it, and for no other', async () => {
  let full = true;
  const seen: string[] = [];
  await device.start('restore-verifier', { ready: ({ id }) => Promise.resolve(void seen.push(`verifier ${id}`)) });
  await device.start('backup-worker', {
    ready: ({ id }) => {
      if (full) throw new SnapfleetError('mover_unknown', 'there is no mover "copy"');
      return Promise.resolve(void seen.push(`worker ${id}`));
    },
  });
  const id = await device.client.publish(SnapshotReady, SnapshotReady.example);
  const { number } = await firstDeadLetter();
  full = false;
  const letters = new DeadLetters(device.client.connection);
  await letters.putBack(number);
  await waitUntil('the worker has done it', () => seen.includes(`worker ${id}`));
  await waitUntil('the verifier has passed it by', () => device.client.isDone('EVT', 'restore-verifier'));
  expect(seen.toSorted()).toEqual([`verifier ${id}`, `worker ${id}`]);
  expect(await letters.list()).toEqual([]);
});

test('shows a dead letter with the payload as it came', async () => {
  await device.start('backup-worker');
  await device.client.publishBytes('snap.v1.evt.edge-1.snapshot.ready', 'not { a message');
  const { number } = await firstDeadLetter();
  const letter = await new DeadLetters(device.client.connection).show(number);
  expect(new TextDecoder().decode(letter.payload)).toBe('not { a message');
  expect(letter).toMatchObject({ errorCode: 'invalid_message', durable: 'backup-worker', attempts: 1 });
});

test('keeps the beginning of a message that leaves no room for the reason, and does not put it back', async () => {
  await device.start('backup-worker');
  const size = (device.client.connection.info?.max_payload ?? 0) - 1_024;
  await device.client.publishBytes('snap.v1.evt.edge-1.snapshot.ready', new Uint8Array(size));
  const { number, truncatedFrom, payload } = await firstDeadLetter();
  expect(truncatedFrom).toBe(size);
  expect(payload.byteLength).toBe(64 * 1024);
  const putBack = new DeadLetters(device.client.connection).putBack(number);
  await expect(putBack).rejects.toMatchObject({ code: 'invalid_message' });
});

test('lists dead letters in pages, the oldest first', async () => {
  await device.start('backup-worker');
  for (const text of ['one', 'two', 'three']) {
    await device.client.publishBytes('snap.v1.evt.edge-1.snapshot.ready', text);
    await waitUntil('it is done', () => device.client.isDone('EVT', 'backup-worker'));
  }
  const letters = new DeadLetters(device.client.connection);
  const first = await letters.list({ limit: 2 });
  const rest = await letters.list({ after: first.at(-1)?.number ?? 0 });
  const texts = [...first, ...rest].map(({ payload }) => new TextDecoder().decode(payload));
  expect(texts).toEqual(['one', 'two', 'three']);
  expect(first).toHaveLength(2);
});

test('says that there is no dead letter of a number', async () => {
  await device.start('backup-worker');
  await expect(new DeadLetters(device.client.connection).show(7)).rejects.toMatchObject({ code: 'invalid_message' });
});

test('makes a dead letter of a message that ended its process each time', async () => {
  const crashing = await device.start(
    'backup-worker',
    { ready: () => new Promise(() => undefined) },
    { maxDeliver: 1 },
  );
  await device.client.publish(SnapshotReady, SnapshotReady.example);
  await waitUntil('the process works on it', async () => {
    return (await device.client.consumer('EVT', 'backup-worker')).num_ack_pending === 1;
  });
  await crashing.close();
  let calls = 0;
  await device.start('backup-worker', { ready: () => Promise.resolve(void (calls += 1)) }, { maxDeliver: 1 });
  expect(await firstDeadLetter()).toMatchObject({ errorCode: 'interrupted', attempts: 2 });
  expect(calls).toBe(0);
});
