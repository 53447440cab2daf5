import {
  createMessage,
  encodeMessage,
  putBackForHeader,
  SnapshotCreate,
  SnapshotReady,
  subjectFor,
  type CommandDefinition,
  type EventDefinition,
} from '@snapfleet/contracts';
import { DeadLetters, type OnRejected } from '@snapfleet/messaging';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitUntil } from '../support/wait-until.js';
import { useDevice } from './device.js';
import { RawSocket } from './raw-socket.js';
import { device as deviceId } from './test-service.js';

const device = useDevice();
const deadlineMs = 60_000;
const subject = subjectFor(SnapshotCreate, deviceId);
let socket: RawSocket;

beforeEach(async () => {
  socket = await RawSocket.connect(device.server);
});

afterEach(() => {
  socket.close();
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const message = (definition: CommandDefinition | EventDefinition, envelope: object = {}): Uint8Array => {
  const made = createMessage(definition, definition.example, { device: deviceId, publisher: 'test' });
  return encodeMessage({ ...made, ...envelope });
};

/** Starts the taker of commands, has the test publish, and waits until nothing is left of that. */
async function rejectionsOf(publish: () => Promise<void>): Promise<readonly (string | undefined)[]> {
  const created: string[] = [];
  const told: (string | undefined)[] = [];
  const onRejected: OnRejected = (_definition, _envelope, _payload, { field }) =>
    Promise.resolve(void told.push(field));
  await device.start('orchestrator', { create: ({ id }) => Promise.resolve(void created.push(id)) }, { onRejected });
  await publish();
  const id = await device.client.publish(SnapshotCreate, SnapshotCreate.example);
  await waitUntil('the work queue is empty', async () => (await device.client.messagesIn('CMD')) === 0, { deadlineMs });
  expect(created).toEqual([id]);
  const letters = await new DeadLetters(device.client.connection).list();
  expect(letters.map(({ errorCode, attempts }) => [errorCode, attempts])).toEqual(
    told.map(() => ['invalid_message', 1]),
  );
  return told;
}

test.each([
  ['a space in its name', 'A Name: x', 'headers'],
  ['a control character in its name', 'A\u0001: x', 'headers'],
  ['a name that is not ASCII', 'Größe: x', 'headers'],
  ['the name of a service that takes no commands', `${putBackForHeader}: x`, putBackForHeader],
])('a command with a header with %s is parked and rejected at its first delivery', async (_what, line, field) => {
  expect(await rejectionsOf(() => socket.publish(subject, [line], message(SnapshotCreate)))).toEqual([field]);
});

test('a command that says it is history, and one that nobody knows, are parked and rejected', async () => {
  const told = await rejectionsOf(async () => {
    await socket.publish(subject, [], message(SnapshotCreate, { history: true }));
    await socket.publish(`snap.v1.cmd.${deviceId}.snapshot.explode`, [], message(SnapshotCreate));
    await socket.publish('snap.v1.cmd.anything', [], bytes('{}'));
  });
  expect(told.toSorted()).toEqual(['history', 'specversion', 'subject']);
});

test('poison whose headers leave no room for a reason is parked with it, without them', async () => {
  // JetStream stores at most 65,535 bytes of headers.
  const line = `Large: ${'x'.repeat(65_400)}`;
  const large = (device.client.connection.info?.max_payload ?? 0) - Buffer.byteLength(`NATS/1.0\r\n${line}\r\n\r\n`);
  const told = await rejectionsOf(async () => {
    await socket.publish(subject, [line], bytes('no message'));
    await socket.publish(subject, [line], new Uint8Array(large));
  });
  expect(told).toEqual(['message', 'message']);
  const letters = await new DeadLetters(device.client.connection).list();
  expect(letters.map(({ payload }) => payload.byteLength)).toEqual([10, large]);
});

test('an event with headers that cannot be read holds nobody up, and is parked for each service by itself', async () => {
  const seen: string[] = [];
  await device.start('backup-worker', { ready: ({ id }) => Promise.resolve(void seen.push(id)) });
  await socket.publish(subjectFor(SnapshotReady, deviceId), ['Not A Name: x'], message(SnapshotReady));
  const id = await device.client.publish(SnapshotReady, SnapshotReady.example);
  await waitUntil(
    'all are settled',
    async () => seen.length > 0 && (await device.client.isDone('EVT', 'backup-worker')),
    {
      deadlineMs,
    },
  );
  expect(seen).toEqual([id]);
  const letters = await new DeadLetters(device.client.connection).list();
  expect(letters).toMatchObject([{ durable: 'backup-worker', errorCode: 'invalid_message', attempts: 1 }]);
});

test('what the next service goes on with is kept of the headers of a dead letter, and nothing else', async () => {
  await device.start('backup-worker');
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const lines = [`traceparent: ${traceparent}`, 'tracestate: a=1', 'Secret: x', 'Content-Type: text/plain'];
  await socket.publish(subjectFor(SnapshotReady, deviceId), lines, bytes('no message'));
  const letters = new DeadLetters(device.client.connection);
  await waitUntil('there is a dead letter', async () => (await letters.list())[0], { deadlineMs });
  const stored = await device.client.manager.streams.getMessage('DLQ', { last_by_subj: 'snap.v1.dlq.>' });
  const names = [...(stored?.header ?? [])].map(([name]) => name).filter((name) => !/^(Snapfleet|Nats)-/.test(name));
  expect(names.toSorted()).toEqual(['Content-Type', 'traceparent', 'tracestate']);
  expect(stored?.header.get('traceparent')).toBe(traceparent);
});
