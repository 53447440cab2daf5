import {
  createMessage,
  encodeMessage,
  SnapfleetError,
  SnapshotCreate,
  subjectFor,
  DeviceId,
} from '@snapfleet/contracts';
import { DeadLetters, type OnRejected } from '@snapfleet/messaging';
import { expect, test } from 'vitest';
import { waitUntil } from '../support/wait-until.js';
import { useDevice } from './device.js';
import { device as deviceId } from './test-service.js';

const device = useDevice();
const subject = subjectFor(SnapshotCreate, deviceId);
const example = SnapshotCreate.example;

interface Rejection {
  readonly command: string | undefined;
  readonly id: string | undefined;
  readonly error: SnapfleetError;
  readonly subject: string;
}

/** Starts an orchestrator whose handler counts, publishes what the test gives, and waits for the rejection. */
async function rejectionOf(publish: () => Promise<unknown>): Promise<Rejection> {
  let calls = 0;
  const rejected = Promise.withResolvers<Rejection>();
  const onRejected: OnRejected = (definition, envelope, _, error, on) => {
    rejected.resolve({ command: definition?.name, id: envelope?.id, error, subject: on });
    return Promise.resolve();
  };
  await device.start('orchestrator', { create: () => Promise.resolve(void (calls += 1)) }, { onRejected });
  await publish();
  const rejection = await rejected.promise;
  await waitUntil('the work queue is empty', async () => (await device.client.messagesIn('CMD')) === 0);
  const letters = await new DeadLetters(device.client.connection).list();
  expect(letters.map(({ errorCode }) => errorCode)).toEqual([rejection.error.code]);
  expect(calls).toBe(0);
  return rejection;
}

test('refuses a command with a wrong field and names field and rule', async () => {
  const message = createMessage(SnapshotCreate, example, { device: deviceId, publisher: 'test', id: 'c-1' });
  const wrong = { ...message, data: { ...message.data, namespace: 'Not A Namespace' } };
  const rejection = await rejectionOf(() => device.client.publishBytes(subject, JSON.stringify(wrong)));
  expect(rejection).toMatchObject({ command: 'snapshot.create', id: 'c-1', subject });
  expect(rejection.error).toMatchObject({ code: 'invalid_message', field: 'data.namespace' });
});

test('refuses bytes that are no message at all', async () => {
  const rejection = await rejectionOf(() => device.client.publishBytes(subject, new Uint8Array([0xff, 0x00, 0x7b])));
  expect(rejection).toMatchObject({ command: 'snapshot.create', id: undefined });
  expect(rejection.error).toMatchObject({ code: 'invalid_message', field: 'message' });
});

test('refuses a command for another device', async () => {
  const other = DeviceId.parse('edge-2');
  const message = createMessage(SnapshotCreate, example, { device: other, publisher: 'test' });
  const rejection = await rejectionOf(() =>
    device.client.publishBytes(subjectFor(SnapshotCreate, other), encodeMessage(message)),
  );
  expect(rejection.error.code).toBe('wrong_device');
});

test('refuses a command that names another device than its subject', async () => {
  const message = createMessage(SnapshotCreate, example, { device: DeviceId.parse('edge-2'), publisher: 'test' });
  const rejection = await rejectionOf(() => device.client.publishBytes(subject, encodeMessage(message)));
  expect(rejection.error).toMatchObject({ code: 'wrong_device', field: 'deviceid' });
});

test('refuses a command that was not taken up before it expired', async () => {
  const expires = new Date(Date.now() - 1_000);
  const rejection = await rejectionOf(() => device.client.publish(SnapshotCreate, example, { expires }));
  expect(rejection.error.code).toBe('command_expired');
});

test('tells of a command that its handler refuses', async () => {
  const rejected = Promise.withResolvers<SnapfleetError>();
  const create = (): Promise<never> => Promise.reject(new SnapfleetError('pvc_not_found', 'no claim shop/orders'));
  const onRejected: OnRejected = (_definition, _envelope, _payload, error) => {
    rejected.resolve(error);
    return Promise.resolve();
  };
  await device.start('orchestrator', { create }, { onRejected });
  await device.client.publish(SnapshotCreate, example);
  expect(await rejected.promise).toMatchObject({ code: 'pvc_not_found' });
});

test('keeps a bad command until its rejection could be told', async () => {
  let tries = 0;
  const onRejected: OnRejected = () => {
    tries += 1;
    return tries < 3 ? Promise.reject(new Error('the event stream is full')) : Promise.resolve();
  };
  await device.start('orchestrator', {}, { onRejected, backOffMs: [20] });
  await device.client.publishBytes(subject, 'no message');
  await waitUntil('the work queue is empty', async () => tries === 3 && (await device.client.messagesIn('CMD')) === 0);
  expect(await new DeadLetters(device.client.connection).list()).toHaveLength(1);
});
