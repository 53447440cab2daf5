import type { SnapfleetClient, SnapfleetEvent } from '@snapfleet/client';
import { type EventOptions } from '@snapfleet/client';
import { BackupCompleted, BackupRequested, SnapshotList, SnapshotReady, SnapshotShow } from '@snapfleet/contracts';
import { expect, test } from 'vitest';
import { waitUntil } from '../support/wait-until.js';
import { device as deviceId, useScriptedDevice } from './scripted-device.js';

const running = useScriptedDevice();
const ready = SnapshotReady.example;
const otherId = '11111111-2222-5333-8444-555555555555';

/** The first events of a stream. */
async function take(client: SnapfleetClient, count: number, options: EventOptions): Promise<SnapfleetEvent[]> {
  const events = client.events({ signal: AbortSignal.timeout(20_000), ...options });
  const taken: SnapfleetEvent[] = [];
  for await (const event of events) {
    taken.push(event);
    if (taken.length === count) await events.close();
  }
  return taken;
}

const positions = (events: readonly SnapfleetEvent[]): number[] => events.map(({ position }) => position);

test('events from now on are those after the stream was opened', async () => {
  const { client, device } = running;
  await device.tell(SnapshotReady, ready);
  const events = client.events({ from: 'now', signal: AbortSignal.timeout(20_000) });
  await events.ready;
  await device.tell(BackupCompleted, BackupCompleted.example);
  for await (const event of events) {
    expect(event).toMatchObject({ name: 'backup.completed', position: 2, message: { deviceid: deviceId } });
    break;
  }
});

test('events from a position, and from a time', async () => {
  const { client, device } = running;
  for (let count = 0; count < 3; count += 1) await device.tell(SnapshotReady, ready);
  expect(positions(await take(client, 2, { from: { after: 1 } }))).toEqual([2, 3]);
  const [, second] = await take(client, 2, { from: { after: 0 } });
  expect(positions(await take(client, 2, { from: second?.storedAt ?? new Date() }))).toEqual([2, 3]);
  expect(positions(await take(client, 1, { from: new Date(0) }))).toEqual([1]);
});

test('a time after the last event is the same as now', async () => {
  const { client, device } = running;
  await device.tell(SnapshotReady, ready);
  const events = client.events({ from: new Date(Date.now() + 60_000), signal: AbortSignal.timeout(20_000) });
  await events.ready;
  await device.tell(SnapshotReady, ready);
  for await (const event of events) {
    expect(event.position).toBe(2);
    break;
  }
});

test('a filter lets through only what it names', async () => {
  const { client, device } = running;
  await device.tell(SnapshotReady, ready);
  await device.tell(BackupCompleted, BackupCompleted.example);
  await device.tell(SnapshotReady, { ...ready, restorePointId: otherId }, { workflowId: otherId });
  await device.tell(BackupRequested, { ready: { ...ready, restorePointId: otherId }, mover: 'copy' });
  const from = { after: 0 };
  const names = ['snapshot.ready'] as const;
  expect(positions(await take(client, 2, { from, filter: { names } }))).toEqual([1, 3]);
  expect(positions(await take(client, 2, { from, filter: { restorePointId: otherId } }))).toEqual([3, 4]);
  expect(positions(await take(client, 1, { from, filter: { operationId: otherId } }))).toEqual([3]);
  expect(() => client.events({ filter: { names: ['snapshot.redy' as 'snapshot.ready'] } })).toThrow('snapshot.redy');
});

test('an event that this version does not know is told and passed over', async () => {
  const { client, device } = running;
  await device.store('snap.v1.evt.edge-1.moon.landed', '{}');
  await device.store('snap.v1.evt.edge-1.snapshot.ready', 'no JSON');
  await device.tell(SnapshotReady, ready);
  const told: string[] = [];
  const onUnreadable: EventOptions['onUnreadable'] = ({ code }, subject) => told.push(`${code} ${subject}`);
  expect(positions(await take(client, 1, { from: { after: 0 }, onUnreadable }))).toEqual([3]);
  expect(told).toEqual([
    'invalid_message snap.v1.evt.edge-1.moon.landed',
    'invalid_message snap.v1.evt.edge-1.snapshot.ready',
  ]);
});

test('a durable subscriber goes on where it stopped, in another process too', async () => {
  const { client, device } = running;
  const from = { durable: 'audit', start: { after: 0 } };
  for (let count = 0; count < 4; count += 1) await device.tell(SnapshotReady, ready);
  expect(positions(await take(client, 2, { from }))).toEqual([1, 2]);
  await using other = await device.client();
  expect(positions(await take(other, 2, { from }))).toEqual([3, 4]);
  expect(await other.forget('audit')).toBe(true);
  expect(await other.forget('audit')).toBe(false);
  expect(positions(await take(client, 1, { from }))).toEqual([1]);
});

test('a durable subscriber gets an event again whose loop body threw', async () => {
  const { client, device } = running;
  const from = { durable: 'audit', start: { after: 0 } };
  await device.tell(SnapshotReady, ready);
  const fail = async (): Promise<void> => {
    for await (const event of client.events({ from })) throw new Error(`cannot store ${String(event.position)}`);
  };
  await expect(fail()).rejects.toThrow('cannot store 1');
  expect(positions(await take(client, 1, { from }))).toEqual([1]);
});

test('a durable subscriber that begins now gets what comes while it is away', async () => {
  const { client, device } = running;
  const from = { durable: 'audit' };
  await device.tell(SnapshotReady, ready);
  const events = client.events({ from });
  await events.ready;
  await events.close();
  await device.tell(SnapshotReady, ready);
  expect(positions(await take(client, 1, { from }))).toEqual([2]);
});

test('the name of a durable subscriber is checked, and cannot be that of a service', async () => {
  const { client } = running;
  const wrong = client.events({ from: { durable: 'Audit.1' } });
  await expect(wrong.ready).rejects.toMatchObject({ code: 'invalid_message', field: 'durable' });
  await client.events({ from: { durable: 'backup-worker' } }).ready;
  expect(await client.forget('backup-worker')).toBe(true);
});

test('following goes on through a restart of the nats-server, without a gap and without a repetition', async () => {
  const { client, device } = running;
  const taking = take(client, 4, { from: { after: 0 }, signal: AbortSignal.timeout(50_000) });
  await device.tell(SnapshotReady, ready);
  await device.tell(SnapshotReady, ready);
  await device.restart();
  await device.tell(SnapshotReady, ready);
  await device.tell(SnapshotReady, ready);
  expect(positions(await taking)).toEqual([1, 2, 3, 4]);
});

test('following goes on with what is told again after the stream was lost', async () => {
  const { client, device } = running;
  for (let count = 0; count < 3; count += 1) await device.tell(SnapshotReady, ready);
  const events = client.events({ from: { after: 0 }, signal: AbortSignal.timeout(50_000) });
  const taken: [number, boolean][] = [];
  const taking = (async () => {
    for await (const { position, message } of events) {
      taken.push([position, message.history === true]);
      if (taken.length === 5) break;
    }
  })();
  await waitUntil('the first ones are read', () => taken.length === 3);
  await device.loseEvents();
  await device.declareStreams();
  await device.tell(SnapshotReady, ready, { history: true });
  await device.tell(BackupCompleted, BackupCompleted.example);
  await taking;
  expect(taken).toEqual([
    [1, false],
    [2, false],
    [3, false],
    [1, true],
    [2, false],
  ]);
});

test('a question is answered with data, or with the error of the device', async () => {
  const { client, device } = running;
  device.answer(SnapshotList, () => ({ ok: true, result: { restorePoints: [] } }));
  const error = { code: 'snapshot_not_found' as const, message: 'none', remedy: 'list them', retryable: false };
  device.answer(SnapshotShow, () => ({ ok: false, error }));
  await device.connection.flush();
  expect(await client.ask(SnapshotList, {})).toEqual({ restorePoints: [] });
  await expect(client.ask(SnapshotShow, { restorePointId: otherId })).rejects.toMatchObject({
    code: 'snapshot_not_found',
  });
});

test('a question that nobody answers says so', async () => {
  await expect(running.client.ask(SnapshotList, {})).rejects.toMatchObject({ code: 'device_unreachable' });
});

test('closing ends the loops over events', async () => {
  const { client } = running;
  const events = client.events();
  await events.ready;
  const loop = (async () => {
    for await (const event of events) expect(event).toBeUndefined();
  })();
  await client.close();
  await expect(loop).resolves.toBeUndefined();
});
