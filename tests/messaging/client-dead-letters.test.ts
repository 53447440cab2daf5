import { jetstreamManager } from '@nats-io/jetstream';
import { type DeadLetterReason, putBackForHeader } from '@snapfleet/contracts';
import { expect, test } from 'vitest';
import { useScriptedDevice } from './scripted-device.js';

const running = useScriptedDevice();
const subject = 'snap.v1.evt.edge-1.snapshot.ready';
const reason: DeadLetterReason = {
  subject,
  stream: 'EVT',
  durable: 'backup-worker',
  sequence: 1,
  attempts: 6,
  errorCode: 'destination_unavailable',
  errorMessage: 'no room left',
  messageId: 'an-id',
};

test('dead letters are listed with their reason, the newest first, and shown with their payload', async () => {
  const { client, device } = running;
  await device.bury(reason, '{"id":"an-id"}');
  await device.bury({ ...reason, sequence: 2 }, 'not JSON');
  const letters = await client.deadLetters.list();
  expect(letters.map(({ number }) => number)).toEqual([2, 1]);
  expect(letters[1]?.reason).toEqual(reason);
  const shown = await client.deadLetters.show(2);
  expect(new TextDecoder().decode(shown.payload)).toBe('not JSON');
});

test('a dead letter that is put back goes to its subject, for the service that gave up on it, and off the list', async () => {
  const { client, device } = running;
  await device.bury(reason, '{"id":"an-id"}', [['traceparent', '00-abc']]);
  await client.deadLetters.putBack(1);
  const manager = await jetstreamManager(device.connection);
  const stored = await manager.streams.getMessage('EVT', { seq: 1 });
  expect(stored).toMatchObject({ subject });
  expect(stored?.string()).toBe('{"id":"an-id"}');
  expect(stored?.header.get(putBackForHeader)).toBe('backup-worker');
  expect(stored?.header.get('traceparent')).toBe('00-abc');
  expect(stored?.header.has('Snapfleet-Error-Code')).toBe(false);
  expect(await client.deadLetters.list()).toEqual([]);
});

test('a dead letter that holds only the beginning of its message is not put back', async () => {
  const { client, device } = running;
  await device.bury({ ...reason, truncatedFrom: 1_000_000 }, '{"id":');
  await expect(client.deadLetters.putBack(1)).rejects.toMatchObject({ code: 'invalid_message' });
  expect(await client.deadLetters.list()).toHaveLength(1);
});

test('a notice of the server that it gave up stands for the original, which is shown and put back', async () => {
  const { client, device } = running;
  await device.store(subject, 'the original');
  const notice = { type: 'io.nats.jetstream.advisory.v1.max_deliver', stream: 'EVT', consumer: 'other', stream_seq: 1 };
  const noticeSubject = '$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.EVT.other';
  await device.store(noticeSubject, JSON.stringify({ ...notice, deliveries: 5 }));
  const [letter] = await client.deadLetters.list();
  expect(letter?.reason).toMatchObject({ durable: 'other', sequence: 1, attempts: 5, errorCode: 'interrupted' });
  expect(new TextDecoder().decode((await client.deadLetters.show(1)).payload)).toBe('the original');
  await client.deadLetters.putBack(1);
  const manager = await jetstreamManager(device.connection);
  expect((await manager.streams.getMessage('EVT', { seq: 2 }))?.string()).toBe('the original');
});

test('a notice beside the dead letter of a service is not a second dead letter', async () => {
  const { client, device } = running;
  await device.bury(reason, 'x');
  const notice = { type: 't', stream: 'EVT', consumer: 'backup-worker', stream_seq: 1, deliveries: 6 };
  await device.store('$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.EVT.backup-worker', JSON.stringify(notice));
  await device.store('$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.EVT.backup-worker', JSON.stringify(notice));
  expect((await client.deadLetters.list()).map(({ number }) => number)).toEqual([1]);
});

test('a number that is none is said to be none', async () => {
  const { client } = running;
  expect(await client.deadLetters.list()).toEqual([]);
  await expect(client.deadLetters.show(7)).rejects.toMatchObject({ code: 'dead_letter_not_found' });
  await expect(client.deadLetters.putBack(7)).rejects.toMatchObject({ code: 'dead_letter_not_found' });
});
