import { SnapshotReady, streams, VolumeConceal } from '@snapfleet/contracts';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { waitUntil } from '../support/wait-until.js';
import { useDevice } from './device.js';

const device = useDevice();
const example = SnapshotReady.example;

test('publishes and takes events through a crash and restart of the server', async () => {
  const seen = new Set<string>();
  const worker = await device.start('backup-worker', { ready: ({ id }) => Promise.resolve(void seen.add(id)) });
  const orchestrator = await device.start('orchestrator');
  await orchestrator.events.publish(SnapshotReady, example, { id: 'before' });
  await waitUntil('the first is seen', () => seen.has('before'));
  await device.server.kill9();
  await waitUntil('the worker is not ready', () => !worker.transport.health().ready);
  const published = orchestrator.events.publish(SnapshotReady, example, { id: 'during' });
  await device.server.restart();
  await published;
  await waitUntil('the second is seen', () => seen.has('during'));
  await waitUntil('the worker is ready', () => worker.transport.health().ready);
});

test('ends a handler once that runs through a restart of the server', async () => {
  let calls = 0;
  const begun = Promise.withResolvers<undefined>();
  await device.start(
    'backup-worker',
    {
      ready: async () => {
        calls += 1;
        begun.resolve(undefined);
        await wait(3_000);
      },
    },
    { ackWaitMs: 600 },
  );
  await device.client.publish(SnapshotReady, example);
  await begun.promise;
  await device.server.kill9();
  await device.server.restart();
  await waitUntil('the event is acknowledged', async () => {
    return await device.client.isDone('EVT', 'backup-worker').catch(() => false);
  });
  expect(calls).toBe(1);
});

test('answers a call through a restart of the server', async () => {
  const gate = Promise.withResolvers<undefined>();
  const begun = Promise.withResolvers<undefined>();
  await device.start('host-lvm', {
    conceal: async () => {
      begun.resolve(undefined);
      await gate.promise;
      return { concealed: true };
    },
  });
  const caller = await device.start('backup-worker');
  const call = caller.commands.call(VolumeConceal, VolumeConceal.example, { deadlineMs: 12_000 });
  await begun.promise;
  await device.server.kill9();
  gate.resolve(undefined);
  await device.server.restart();
  await expect(call).resolves.toEqual({ concealed: true });
});

test('declares a stream again that was deleted, and goes on', async () => {
  const seen = new Set<string>();
  await device.start('backup-worker', { ready: ({ id }) => Promise.resolve(void seen.add(id)) });
  const orchestrator = await device.start('orchestrator');
  await device.client.manager.streams.delete('EVT');
  await orchestrator.events.publish(SnapshotReady, example, { id: 'after' });
  await waitUntil('the event is seen', () => seen.has('after'));
});

test('declares a consumer again that was deleted, and goes on', async () => {
  const seen = new Set<string>();
  await device.start('backup-worker', { ready: ({ id }) => Promise.resolve(void seen.add(id)) });
  await device.client.manager.consumers.delete('EVT', 'backup-worker');
  await device.client.publish(SnapshotReady, example, { id: 'after' });
  await waitUntil('the event is seen', () => seen.has('after'));
});

test('gives a consumer that was declared again the messages of before by the same numbers', async () => {
  const told: { id: string; sequence: number }[] = [];
  await device.start('backup-worker', {
    ready: ({ id }, { sequence }) => Promise.resolve(void told.push({ id, sequence })),
  });
  const id = await device.client.publish(SnapshotReady, SnapshotReady.example);
  await waitUntil('the event is taken', () => told.length === 1);
  await device.client.manager.consumers.delete('EVT', 'backup-worker');
  await waitUntil('it is taken again', () => told.length === 2);
  const { seq: sequence } = (await device.client.manager.streams.getMessage('EVT', { last_by_subj: '>' })) ?? {
    seq: 0,
  };
  expect(told).toEqual([
    { id, sequence },
    { id, sequence },
  ]);
});

test('starts before its server, and is ready when that is there', async () => {
  await device.server.kill9();
  const starting = device.start('backup-worker');
  await wait(300);
  await device.server.restart();
  expect((await starting).transport.health()).toEqual({
    ready: true,
    parts: { connection: true, [`${streams.events.name}/backup-worker`]: true },
  });
});
