import { SnapfleetError, VolumeConceal } from '@snapfleet/contracts';
import { expect, test, vi } from 'vitest';
import { waitUntil } from '../support/wait-until.js';
import { useDevice } from './device.js';
import { device as deviceId } from './test-service.js';

const device = useDevice();
const example = VolumeConceal.example;
const deadlineMs = 10_000;

test('resolves with the reply of the owner', async () => {
  await device.start('host-lvm', { conceal: () => Promise.resolve({ concealed: false }) });
  const caller = await device.start('backup-worker');
  await expect(caller.commands.call(VolumeConceal, example, { deadlineMs })).resolves.toEqual({ concealed: false });
  await waitUntil('the command is acknowledged', async () => (await device.client.messagesIn('AGENT')) === 0);
});

test('rejects with the error of the owner, by its code', async () => {
  await device.start('host-lvm', {
    conceal: () => Promise.reject(new SnapfleetError('mount_failed', 'umount: target is busy')),
  });
  const caller = await device.start('backup-worker');
  await expect(caller.commands.call(VolumeConceal, example, { deadlineMs })).rejects.toMatchObject({
    name: 'SnapfleetError',
    code: 'mount_failed',
    message: 'umount: target is busy',
    retryable: true,
  });
  await waitUntil('the command is acknowledged', async () => (await device.client.messagesIn('AGENT')) === 0);
});

test('tells a reply that breaks the contract as an internal error of the owner', async () => {
  await device.start('host-lvm', { conceal: () => Promise.resolve({ concealed: 'yes' } as never) });
  const caller = await device.start('backup-worker');
  const call = caller.commands.call(VolumeConceal, example, { deadlineMs });
  await expect(call).rejects.toMatchObject({
    code: 'internal',
    message: expect.stringContaining('concealed') as string,
  });
});

test('rejects when nobody answers by the deadline, and the command is not begun later', async () => {
  const caller = await device.start('backup-worker');
  await expect(caller.commands.call(VolumeConceal, example, { deadlineMs: 300 })).rejects.toMatchObject({
    code: 'deadline_exceeded',
  });
  let calls = 0;
  await device.start('host-lvm', {
    conceal: () => {
      calls += 1;
      return Promise.resolve({ concealed: true });
    },
  });
  await waitUntil('the command is gone', async () => (await device.client.messagesIn('AGENT')) === 0);
  expect(calls).toBe(0);
});

test('answers a command that has expired with command_expired', async () => {
  await device.start('host-lvm');
  const inbox = '_INBOX.test.1';
  const reply = Promise.withResolvers<unknown>();
  device.client.connection.subscribe(inbox, { callback: (_, message) => reply.resolve(message.json()) });
  const expires = new Date(Date.now() - 1_000);
  await device.client.publish(VolumeConceal, example, { replyTo: inbox, expires });
  expect(await reply.promise).toMatchObject({ ok: false, error: { code: 'command_expired' } });
});

test('a command that is refused only because the clock was set while it was on its way is asked for again', async () => {
  const caller = await device.start('backup-worker');
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => performance.timeOrigin + performance.now() - 3_600_000);
  const call = caller.commands.call(VolumeConceal, example, { deadlineMs });
  await waitUntil('the command is on its way', async () => (await device.client.messagesIn('AGENT')) === 1);
  clock.mockRestore();
  await device.start('host-lvm', { conceal: () => Promise.resolve({ concealed: true }) });
  await expect(call).resolves.toEqual({ concealed: true });
});

test('answers no subject that is not an inbox', async () => {
  await device.start('host-lvm', { conceal: () => Promise.reject(new Error('must not run')) });
  const target = 'snap.v1.evt.edge-1.snapshot.ready';
  await device.client.publish(VolumeConceal, example, { replyTo: target });
  await waitUntil('the command is gone', async () => (await device.client.messagesIn('AGENT')) === 0);
  expect(await device.client.messagesIn('EVT')).toBe(0);
});

test('stops waiting when the caller is aborted', async () => {
  const caller = await device.start('backup-worker');
  const abort = new AbortController();
  const call = caller.commands.call(VolumeConceal, example, { deadlineMs, signal: abort.signal });
  abort.abort(new SnapfleetError('cancelled', 'not wanted any more'));
  await expect(call).rejects.toMatchObject({ code: 'cancelled' });
});

test('runs a command once that its caller published twice, and answers both', async () => {
  let calls = 0;
  const gate = Promise.withResolvers<undefined>();
  await device.start('host-lvm', {
    conceal: async () => {
      calls += 1;
      await gate.promise;
      return { concealed: true };
    },
  });
  const replies: unknown[] = [];
  const inbox = '_INBOX.test.2';
  device.client.connection.subscribe(inbox, { callback: (_, message) => void replies.push(message.json()) });
  await device.client.publish(VolumeConceal, example, { replyTo: inbox });
  await waitUntil('it runs', () => calls === 1);
  await device.client.publish(VolumeConceal, example, { replyTo: inbox });
  await waitUntil('the repetition is dropped', async () => (await device.client.messagesIn('AGENT')) === 1);
  gate.resolve(undefined);
  await waitUntil('it is answered', () => replies.length === 1);
  await device.client.publish(VolumeConceal, example, { replyTo: inbox });
  await waitUntil('the late repetition is answered too', () => replies.length === 2);
  expect(replies).toEqual(Array(2).fill({ ok: true, result: { concealed: true } }));
  expect(calls).toBe(1);
});

test('publishes a command again when the stream lost it', async () => {
  const caller = await device.start('backup-worker');
  const call = caller.commands.call(VolumeConceal, example, { deadlineMs });
  await waitUntil('the command is in the stream', async () => (await device.client.messagesIn('AGENT')) === 1);
  await device.client.manager.streams.purge('AGENT');
  await device.start('host-lvm');
  await expect(call).resolves.toEqual({ concealed: true });
});

test('sends content type, message id and trace context in the headers', async () => {
  const caller = await device.start('backup-worker');
  const call = caller.commands.call(VolumeConceal, example, { deadlineMs: 1_000, workflowId: 'w-7' });
  await waitUntil('the command is in the stream', async () => (await device.client.messagesIn('AGENT')) === 1);
  const stored = await device.client.manager.streams.getMessage('AGENT', { seq: 1 });
  const envelope = stored?.json<Record<string, string>>();
  expect(envelope).toMatchObject({ workflowid: 'w-7', source: `/devices/${deviceId}/backup-worker` });
  expect(stored?.header.get('Content-Type')).toBe('application/cloudevents+json');
  expect(stored?.header.get('Nats-Msg-Id')).toBe(envelope?.['id']);
  expect(stored?.header.get('traceparent')).toBe(envelope?.['traceparent']);
  expect(envelope?.['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  await expect(call).rejects.toThrow();
});
