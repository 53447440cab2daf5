import { jetstreamManager } from '@nats-io/jetstream';
import { CommandFailure, connectToDevice, firstWithSameKey } from '@snapfleet/client';
import {
  CommandCompleted,
  CommandRejected,
  operationIdFor,
  restorePointIdFor,
  SnapfleetError,
  SnapshotCancel,
  SnapshotCompleted,
  SnapshotCreate,
  SnapshotFailed,
  SnapshotReady,
  SnapshotRequested,
} from '@snapfleet/contracts';
import { expect, test } from 'vitest';
import { freePort } from '../support/nats-server.js';
import { device as deviceId, ScriptedDevice, useScriptedDevice } from './scripted-device.js';

const running = useScriptedDevice();
const volume = { namespace: 'shop', persistentVolumeClaim: 'orders' };
const ready = SnapshotReady.example;
const options = { deadlineMs: 20_000 };

test('a command is stored as a CloudEvent with its operation, and ends with its event', async () => {
  const { client, device } = running;
  device.onCommand(SnapshotCreate, async ({ id, workflowid = '' }) => {
    await device.tell(
      SnapshotReady,
      { ...ready, restorePointId: workflowid },
      { workflowId: workflowid, causationId: id },
    );
  });
  const handle = await client.send(SnapshotCreate, { ...volume, idempotencyKey: 'nightly' });
  const outcome = await client.outcome(handle, options);
  expect(handle).toMatchObject({
    command: 'snapshot.create',
    operationId: operationIdFor(deviceId, 'snapshot.create', 'nightly'),
    restorePointId: restorePointIdFor(deviceId, 'nightly'),
  });
  expect(outcome).toMatchObject({ name: 'snapshot.ready', data: { restorePointId: handle.restorePointId } });
});

test('an outcome that came before anybody waited is seen, and so by another process with the handle', async () => {
  const { client, device } = running;
  await device.tell(SnapshotReady, ready);
  const handle = await client.send(SnapshotCreate, volume);
  await device.tell(SnapshotReady, ready, { workflowId: handle.operationId });
  await using other = await device.client();
  const kept = JSON.parse(JSON.stringify(handle)) as typeof handle;
  expect((await other.outcome(kept, options)).position).toBe(2);
  expect((await client.outcome(handle, options)).position).toBe(2);
});

test('an outcome is seen in the stream that was made after the one of the command was lost', async () => {
  const { client, device } = running;
  await device.tell(SnapshotReady, ready);
  const handle = await client.send(SnapshotCreate, volume);
  await device.loseEvents();
  // It is waited for before there is a stream again.
  const outcome = client.outcome(handle, options);
  await device.declareStreams();
  await device.tell(SnapshotReady, ready, { workflowId: handle.operationId, history: true });
  expect((await outcome).position).toBe(1);
  await using other = await device.client();
  expect((await other.outcome(handle, options)).position).toBe(1);
});

test('a failed command is thrown with the code and the event that says so', async () => {
  const { client, device } = running;
  const handle = await client.send(SnapshotCreate, volume);
  await device.tell(SnapshotFailed, SnapshotFailed.example, { workflowId: handle.operationId });
  const failure: unknown = await client.outcome(handle, options).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CommandFailure);
  expect(failure).toBeInstanceOf(SnapfleetError);
  expect(failure).toMatchObject({ code: 'snapshot_not_ready', event: { name: 'snapshot.failed' }, retryable: true });
});

test('a rejected command names field and rule', async () => {
  const { client, device } = running;
  const handle = await client.send(SnapshotCreate, volume);
  await device.tell(CommandRejected, { ...CommandRejected.example, commandId: handle.commandId });
  await expect(client.outcome(handle, options)).rejects.toMatchObject({
    code: 'invalid_message',
    field: 'data.namespace',
    event: { name: 'command.rejected' },
  });
});

test('a command that repeats a key is answered by itself, and does not end the wait of the first', async () => {
  const { client, device } = running;
  const send = () => client.send(SnapshotCreate, { ...volume, idempotencyKey: 'once' });
  const [first, second] = [await send(), await send()];
  const note = { command: 'snapshot.create', operationId: second.operationId, note: 'the key was used before' };
  const context = { workflowId: second.operationId };
  await device.tell(CommandCompleted, { ...note, commandId: second.commandId }, context);
  expect((await client.outcome(second, options)).name).toBe('command.completed');
  await device.tell(SnapshotReady, ready, { workflowId: first.operationId, causationId: first.commandId });
  expect((await client.outcome(first, options)).name).toBe('snapshot.ready');
  expect((await client.outcome(firstWithSameKey(second), options)).name).toBe('snapshot.ready');
});

test('cancelling ends well when the snapshot that it cancels has failed', async () => {
  const { client, device } = running;
  const created = await client.send(SnapshotCreate, volume);
  const cancel = await client.send(SnapshotCancel, { restorePointId: created.restorePointId });
  const { restorePointId } = created;
  const error = { ...SnapshotFailed.example.error, code: 'cancelled' as const };
  const failed = { ...SnapshotFailed.example, restorePointId, error };
  await device.tell(SnapshotFailed, failed, { workflowId: created.operationId });
  expect((await client.outcome(cancel, options)).name).toBe('snapshot.failed');
  await expect(client.outcome(created, options)).rejects.toMatchObject({ code: 'cancelled' });
});

test('completion passes over the ready snapshot, and tells every event of the operation and no other', async () => {
  const { client, device } = running;
  const handle = await client.send(SnapshotCreate, volume);
  const context = { workflowId: handle.operationId };
  await device.tell(SnapshotRequested, SnapshotRequested.example, context);
  await device.tell(SnapshotReady, ready, { workflowId: 'another' });
  await device.tell(SnapshotReady, ready, context);
  await device.tell(
    SnapshotCompleted,
    { ...SnapshotCompleted.example, outcome: 'incomplete', failures: ['x'] },
    context,
  );
  const seen: string[] = [];
  const end = await client.completion(handle, { ...options, onEvent: ({ name }) => seen.push(name) });
  expect(end).toMatchObject({ name: 'snapshot.completed', data: { outcome: 'incomplete' } });
  expect(seen).toEqual(['snapshot.requested', 'snapshot.ready', 'snapshot.completed']);
});

test('waiting ends at its deadline, and when its signal is aborted', async () => {
  const { client } = running;
  const handle = await client.send(SnapshotCreate, volume);
  await expect(client.outcome(handle, { deadlineMs: 300 })).rejects.toMatchObject({ code: 'deadline_exceeded' });
  const abort = new AbortController();
  const waiting = client.outcome(handle, { ...options, signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(client.outcome(handle, { signal: abort.signal })).rejects.toThrow('enough');
});

test('waiting goes on through a restart of the nats-server', async () => {
  const { client, device } = running;
  const handle = await client.send(SnapshotCreate, volume);
  const waiting = client.outcome(handle, { deadlineMs: 45_000 });
  await device.restart();
  await device.tell(SnapshotReady, ready, { workflowId: handle.operationId });
  expect((await waiting).name).toBe('snapshot.ready');
});

test('a command that is sent while the nats-server restarts is stored when it is back', async () => {
  const { client, device } = running;
  const restarted = device.restart();
  const handle = await client.send(SnapshotCreate, volume);
  await restarted;
  await device.tell(SnapshotReady, ready, { workflowId: handle.operationId });
  expect((await client.outcome(handle, options)).name).toBe('snapshot.ready');
});

test('the same message sent twice is stored once', async () => {
  const { client, device } = running;
  const manager = await jetstreamManager(device.connection);
  await client.send(SnapshotCreate, volume, { id: 'the-same' });
  await client.send(SnapshotCreate, volume, { id: 'the-same' });
  expect((await manager.streams.info('CMD')).state.messages).toBe(1);
});

test('a wrong command is refused before anything is sent', async () => {
  const { client, device } = running;
  await expect(client.send(SnapshotCreate, { ...volume, namespace: 'Shop' })).rejects.toMatchObject({
    code: 'invalid_message',
    field: 'data.namespace',
  });
  const manager = await jetstreamManager(device.connection);
  expect((await manager.streams.info('CMD')).state.messages).toBe(0);
});

test('a device that is not there is said to be unreachable', async () => {
  const servers = `nats://127.0.0.1:${String(await freePort())}`;
  await expect(connectToDevice({ servers, device: 'edge-1' })).rejects.toMatchObject({ code: 'device_unreachable' });
  await expect(connectToDevice({ servers, device: 'Edge 1' })).rejects.toMatchObject({ code: 'invalid_message' });
});

test('a server on which no service has run is said to be unreachable', async () => {
  const empty = await ScriptedDevice.start();
  try {
    await using client = await empty.client();
    await expect(client.send(SnapshotCreate, volume)).rejects.toMatchObject({ code: 'device_unreachable' });
  } finally {
    await empty.stop();
  }
});
