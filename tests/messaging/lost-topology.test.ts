import { connectToDevice } from '@snapfleet/client';
import { consumersOf, services, SnapshotReady, subjectFor, VolumeConceal, type Party } from '@snapfleet/contracts';
import { redeclareLost } from '@snapfleet/messaging';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loseFromNats } from '../support/lose-from-nats.js';
import { startNatsServer, type NatsServer } from '../support/nats-server.js';
import { waitUntil } from '../support/wait-until.js';
import { IdentityAttempts } from './identity-attempts.js';
import { device, startService, type Behaviour, type TestService } from './test-service.js';

let server: NatsServer;
const undo: (() => Promise<unknown>)[] = [];
const waiting = { deadlineMs: 30_000 };

beforeEach(async () => {
  server = await startNatsServer({ identitiesOf: device });
  undo.push(() => server.stop());
});

afterEach(async () => {
  for (const action of undo.splice(0).reverse()) await action();
});

async function service(party: Party, behaviour: Behaviour = {}): Promise<TestService> {
  const started = await startService(server, party, behaviour);
  undo.push(() => started.close());
  return started;
}

/** What the orchestrator does from time to time, with its key. */
async function redeclare(): Promise<readonly string[]> {
  const { connection } = await IdentityAttempts.connect(server, 'orchestrator');
  undo.push(() => connection.close());
  return redeclareLost(connection, services);
}

const consumersIn = (stream: string): string[] =>
  services.flatMap(consumersOf).flatMap((one) => (one.stream === stream ? [`${stream}/${one.durable}`] : []));

test.each([
  ['its consumer', /\/streams\/AGENT\/obs\/host-lvm$/, ['AGENT/host-lvm']],
  ['the stream', /\/streams\/AGENT$/, consumersIn('AGENT')],
])('a service takes commands again after %s was lost, once the orchestrator has looked', async (_what, place, lost) => {
  await service('orchestrator');
  const host = await service('host-lvm');
  const worker = await service('backup-worker');
  await loseFromNats(server, place);
  await waitUntil('the service has noticed', () => !host.transport.health().ready, waiting);
  expect(await redeclare()).toEqual(lost);
  await worker.commands.call(VolumeConceal, VolumeConceal.example, { deadlineMs: 30_000 });
  expect(await redeclare()).toEqual([]);
});

test('a service takes the events that it has not seen after its consumer was lost', async () => {
  const seen = new Set<string>();
  const orchestrator = await service('orchestrator');
  await service('backup-worker', { ready: ({ id }) => Promise.resolve(void seen.add(id)) });
  await loseFromNats(server, /\/streams\/EVT\/obs\/backup-worker$/);
  await orchestrator.events.publish(SnapshotReady, SnapshotReady.example, { id: 'after' });
  expect(await redeclare()).toEqual(['EVT/backup-worker']);
  await waitUntil('the event is seen', () => seen.has('after'), waiting);
});

test('a service parks what it gives up after the dead-letter stream was lost', async () => {
  await service('orchestrator');
  await service('backup-worker');
  await loseFromNats(server, /\/streams\/DLQ$/);
  expect(await redeclare()).toEqual([]);
  const publisher = await IdentityAttempts.connect(server, 'orchestrator');
  undo.push(() => publisher.close());
  publisher.connection.publish(subjectFor(SnapshotReady, device), 'no message');
  const nkeySeedFile = server.seedFiles?.['client-operator'];
  const client = await connectToDevice({ servers: server.url, device, nkeySeedFile });
  undo.push(() => client.close());
  const letter = await waitUntil('it is parked', async () => (await client.deadLetters.list())[0], waiting);
  expect(letter.reason).toMatchObject({ durable: 'backup-worker', errorCode: 'invalid_message' });
});
