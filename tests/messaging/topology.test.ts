import { consumersOf, SnapshotReady, streams } from '@snapfleet/contracts';
import { applyTopology, JetStreamServer } from '@snapfleet/messaging';
import { expect, test } from 'vitest';
import { useDevice } from './device.js';
import { device as deviceId } from './test-service.js';

const device = useDevice();

test('declares every stream of the contracts, and each consumer of a party', async () => {
  await applyTopology(device.client.connection, ['backup-worker']);
  for (const declared of Object.values(streams)) {
    const { config } = await device.client.manager.streams.info(declared.name);
    expect(config).toMatchObject({ subjects: [...declared.subjects], retention: declared.retention, storage: 'file' });
    expect(config).toMatchObject({ discard: declared.discard, max_bytes: declared.maxBytes });
  }
  for (const declared of consumersOf('backup-worker')) {
    const { config } = await device.client.consumer(declared.stream, declared.durable);
    expect(config).toMatchObject({ ack_policy: 'explicit', filter_subjects: [...declared.filterSubjects] });
  }
});

test('changes nothing when it is applied again', async () => {
  const before = await applyTopology(device.client.connection, ['orchestrator']);
  const after = await applyTopology(device.client.connection, ['orchestrator']);
  expect(after.map(({ info }) => info.config)).toEqual(before.map(({ info }) => info.config));
  expect(after.map(({ info }) => info.created)).toEqual(before.map(({ info }) => info.created));
});

test('brings a stream and a consumer that stand differently to what is declared, and keeps their messages', async () => {
  await device.client.manager.streams.add({ name: 'EVT', subjects: ['snap.v1.evt.>'], max_bytes: 1 << 20 });
  await device.client.manager.consumers.add('EVT', { durable_name: 'backup-worker', ack_policy: 'explicit' });
  await device.client.publish(SnapshotReady, SnapshotReady.example);
  await applyTopology(device.client.connection, ['backup-worker']);
  expect((await device.client.manager.streams.info('EVT')).config.max_bytes).toBe(streams.events.maxBytes);
  expect((await device.client.consumer('EVT', 'backup-worker')).config.filter_subjects).not.toEqual([]);
  expect(await device.client.messagesIn('EVT')).toBe(1);
});

test('refuses a handler for a message that the contracts do not send to the party', () => {
  const transport = new JetStreamServer({ party: 'host-lvm', device: deviceId, servers: device.server.url });
  const handler = (): Promise<void> => Promise.resolve();
  expect(() => {
    transport.addHandler('any', handler, true, { definition: SnapshotReady });
  }).toThrow('host-lvm has a handler for snap.v1.evt.*.snapshot.ready, which the contracts do not send to it');
});
