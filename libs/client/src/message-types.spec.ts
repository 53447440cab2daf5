import { SnapshotCreate, SnapshotDelete } from '@snapfleet/contracts';
import { expectTypeOf, test } from 'vitest';
import type { EventName, SnapfleetEvent, SuccessOf } from './message-types.js';
import type { SnapfleetClient } from './snapfleet-client.js';

test('the outcome of a command is typed by its contract, without the events that are thrown', () => {
  expectTypeOf<SuccessOf<'snapshot.create'>>().toEqualTypeOf<'snapshot.ready' | 'command.completed'>();
  expectTypeOf<SuccessOf<'snapshot.delete'>>().toEqualTypeOf<'snapshot.deleted' | 'command.completed'>();
  const _send = (client: SnapfleetClient) => client.send(SnapshotDelete, { restorePointId: 'x' });
  expectTypeOf<Awaited<ReturnType<typeof _send>>['command']>().toEqualTypeOf<'snapshot.delete'>();
});

test('the name of an event tells its data', () => {
  const read = (event: SnapfleetEvent): number | undefined =>
    event.name === 'workload.resumed' ? event.data.downtimeMs : undefined;
  expectTypeOf(read).returns.toEqualTypeOf<number | undefined>();
  expectTypeOf<EventName>().toExtend<string>();
  const _create = (client: SnapfleetClient) =>
    client.send(SnapshotCreate, { namespace: 'shop', persistentVolumeClaim: 'orders' });
  expectTypeOf<Awaited<ReturnType<typeof _create>>['command']>().toEqualTypeOf<'snapshot.create'>();
});
