import {
  createMessage,
  DeviceId,
  encodeMessage,
  maximumMessageBytes,
  SnapshotCreate,
  SnapshotReady,
  subjectFor,
  VolumeConceal,
} from '@snapfleet/contracts';
import { DeadLetters } from '@snapfleet/messaging';
import { expect, test } from 'vitest';
import { waitUntil } from '../support/wait-until.js';
import { useDevice } from './device.js';
import { device as deviceId } from './test-service.js';

const device = useDevice();
const deadlineMs = 60_000;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const good = createMessage(SnapshotCreate, SnapshotCreate.example, { device: deviceId, publisher: 'test' });
const withData = (data: unknown): Uint8Array => bytes(JSON.stringify({ ...good, id: crypto.randomUUID(), data }));
const withRawData = (text: string): Uint8Array =>
  bytes(JSON.stringify({ ...good, id: crypto.randomUUID(), data: 0 }).replace('"data":0', `"data":${text}`));
const withEnvelope = (fields: object): Uint8Array => bytes(JSON.stringify({ ...good, ...fields }));
const { data } = good;
const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;

/** What a publisher with a key, and no good will, can send on a subject that it may use. */
const hostile: readonly (readonly [what: string, payload: Uint8Array])[] = [
  ['nothing', new Uint8Array()],
  ['bytes that are no UTF-8', new Uint8Array([0xc3, 0x28, 0xa0, 0xa1, 0xf0, 0x28])],
  ['a NUL', new Uint8Array([0])],
  ['half a message', encodeMessage(good).slice(0, 80)],
  ['null', bytes('null')],
  ['a number', bytes('1e999')],
  ['an array', bytes('[]')],
  ['depth', bytes(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)],
  [
    'depth in its data',
    withRawData(`{"namespace":"shop","persistentVolumeClaim":"orders","policy":{"movers":${deep}}}`),
  ],
  ['more than a message may have', bytes(JSON.stringify({ ...good, more: 'x'.repeat(maximumMessageBytes) }))],
  [
    'many fields and none that is needed',
    withData(Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [n, n]))),
  ],
  ['a prototype', withRawData('{"__proto__":{"namespace":"shop","persistentVolumeClaim":"orders"}}')],
  ['an id that is too long', withEnvelope({ id: 'x'.repeat(4096) })],
  ['another version', withEnvelope({ specversion: '2.0' })],
  ['the type of another message', withEnvelope({ type: 'io.snapfleet.snapshot.delete.v1' })],
  ['a device that does not exist', withEnvelope({ deviceid: 'EDGE 1' })],
  ['the name of another device', withEnvelope({ deviceid: 'edge-2' })],
  ['an end in the past', withEnvelope({ expires: '1970-01-01T00:00:00Z' })],
  ['an end that is no time', withEnvelope({ expires: 'tomorrow' })],
  ...['../../etc', '$(reboot)', 'a\nb', 'a\0b', '-rf', 'shop/orders', 'x'.repeat(4096), '', 'ÄÖÜ', 'a b'].map(
    (name) =>
      [`the claim ${JSON.stringify(name.slice(0, 12))}`, withData({ ...data, persistentVolumeClaim: name })] as const,
  ),
  ...[-1, 1e308, 0.5, '5', null, [], {}].map(
    (seconds) =>
      [
        `a deadline of ${JSON.stringify(seconds)}`,
        withData({ ...data, policy: { readyDeadlineSeconds: seconds } }),
      ] as const,
  ),
];

test('every hostile message is parked with its reason, nothing of it takes effect, and the next good one does', async () => {
  const created: string[] = [];
  const told: (string | undefined)[] = [];
  const service = await device.start(
    'orchestrator',
    { create: ({ id }) => Promise.resolve(void created.push(id)) },
    { onRejected: (_definition, _envelope, _payload, error) => Promise.resolve(void told.push(error.field)) },
  );
  const subject = subjectFor(SnapshotCreate, deviceId);
  for (const [what, payload] of hostile) await device.client.publishBytes(subject, payload, `hostile ${what}`);
  const id = await device.client.publish(SnapshotCreate, SnapshotCreate.example);
  await waitUntil('the work queue is empty', async () => (await device.client.messagesIn('CMD')) === 0, { deadlineMs });
  expect(created).toEqual([id]);
  expect(told).toHaveLength(hostile.length);
  expect(told.filter((field) => field === undefined)).toHaveLength(1);
  const letters = await new DeadLetters(device.client.connection).list({ limit: hostile.length + 1 });
  expect(letters).toHaveLength(hostile.length);
  const codes = new Set(letters.map(({ errorCode }) => errorCode));
  expect([...codes].toSorted()).toEqual(['command_expired', 'invalid_message', 'wrong_device']);
  expect(service.transport.health().ready).toBe(true);
});

test('a hostile event holds nobody up, and is parked for each service by itself', async () => {
  const seen: string[] = [];
  await device.start('backup-worker', { ready: ({ id }) => Promise.resolve(void seen.push(id)) });
  const subject = subjectFor(SnapshotReady, deviceId);
  const broken = hostile.slice(0, 8);
  for (const [what, payload] of broken) await device.client.publishBytes(subject, payload, `event ${what}`);
  const forged = createMessage(SnapshotReady, SnapshotReady.example, {
    device: DeviceId.parse('edge-2'),
    publisher: 'test',
  });
  await device.client.publishBytes(subject, encodeMessage(forged), 'forged');
  const id = await device.client.publish(SnapshotReady, SnapshotReady.example);
  await waitUntil('all are settled', () => device.client.isDone('EVT', 'backup-worker'), { deadlineMs });
  expect(seen).toEqual([id]);
  const letters = await new DeadLetters(device.client.connection).list();
  expect(letters).toHaveLength(broken.length + 1);
});

test('a hostile call of a root service is refused by field, and takes no effect', async () => {
  const concealed: string[] = [];
  await device.start('host-lvm', {
    conceal: (message) => {
      concealed.push(message.data.leaseId);
      return Promise.resolve({ concealed: true });
    },
  });
  const caller = await device.start('backup-worker');
  const subject = subjectFor(VolumeConceal, deviceId);
  const call = createMessage(VolumeConceal, VolumeConceal.example, { device: deviceId, publisher: 'test' });
  for (const leaseId of ['../lease', 'a;b', '', 'X'.repeat(500), 7, null])
    await device.client.publishBytes(
      subject,
      JSON.stringify({ ...call, id: crypto.randomUUID(), data: { leaseId }, replyto: '_INBOX_backup-worker.none' }),
    );
  await caller.commands.call(VolumeConceal, VolumeConceal.example, { deadlineMs });
  expect(concealed).toEqual([VolumeConceal.example.leaseId]);
});

test('an event that is told again as history starts nothing, and a duplicate of a new one starts it once', async () => {
  const seen: string[] = [];
  await device.start('backup-worker', { ready: ({ id }) => Promise.resolve(void seen.push(id)) });
  await device.client.publish(SnapshotReady, SnapshotReady.example, { id: 'old', history: true });
  for (let copy = 0; copy < 3; copy += 1)
    await device.client.publish(SnapshotReady, SnapshotReady.example, { id: 'new' });
  await waitUntil(
    'all are settled',
    async () => {
      return seen.length > 0 && (await device.client.isDone('EVT', 'backup-worker'));
    },
    { deadlineMs },
  );
  expect(seen).toEqual(['new']);
  expect(await new DeadLetters(device.client.connection).list()).toEqual([]);
});
