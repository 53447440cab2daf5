import { nkeyAuthenticator } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { connectToDevice, type SnapfleetClient } from '@snapfleet/client';
import {
  BackupStarted,
  SnapfleetError,
  SnapshotCreate,
  SnapshotDelete,
  SnapshotList,
  SnapshotReady,
  VolumeConceal,
  type Identity,
  type Party,
} from '@snapfleet/contracts';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startNatsServer, type NatsServer } from '../support/nats-server.js';
import { waitUntil } from '../support/wait-until.js';
import { IdentityAttempts } from './identity-attempts.js';
import { device, startService, type Behaviour, type TestService } from './test-service.js';

let server: NatsServer;
const waiting = { deadlineMs: 55_000, pauseMs: 50 };
const undo: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  server = await startNatsServer({ identitiesOf: device });
  undo.push(() => server.stop());
});

afterEach(async () => {
  for (const action of undo.splice(0).reverse()) await action();
});

async function service(party: Party, behaviour: Behaviour = {}): Promise<TestService> {
  // One more than it takes: a delivery to a pull that has just ended is lost, and counts (after the acknowledgement wait).
  const givesUpSoon = party === 'restore-verifier' ? { maxDeliver: 3, backOffMs: [10] } : {};
  const started = await startService(server, party, behaviour, givesUpSoon);
  undo.push(() => started.close());
  return started;
}

async function client(identity: Identity): Promise<SnapfleetClient> {
  const nkeySeedFile = server.seedFiles?.[identity];
  const connected = await connectToDevice({ servers: server.url, device, nkeySeedFile });
  undo.push(() => connected.close());
  return connected;
}

/** The services of a device: a command makes a snapshot, the worker asks the host and tells, the verifier fails. */
async function startServices(verify: NonNullable<Behaviour['ready']>): Promise<void> {
  const started = new Map<string, TestService>();
  const at = (name: string): TestService => {
    const found = started.get(name);
    if (found === undefined) throw new Error(`${name} does not run`);
    return found;
  };
  const create: Behaviour['create'] = async (message) => {
    const workflowId = message.workflowid;
    await at('orchestrator').events.publish(SnapshotReady, SnapshotReady.example, { workflowId });
  };
  const ready: Behaviour['ready'] = async () => {
    const { commands, events } = at('backup-worker');
    const { concealed } = await commands.call(VolumeConceal, VolumeConceal.example, { deadlineMs: 20_000 });
    if (concealed) await events.publish(BackupStarted, BackupStarted.example);
  };
  started.set('orchestrator', await service('orchestrator', { create }));
  started.set('host-lvm', await service('host-lvm'));
  started.set('backup-worker', await service('backup-worker', { ready }));
  started.set('restore-verifier', await service('restore-verifier', { ready: verify }));
}

test('from the command to the dead letter that is put back, each does its part with its own key', async () => {
  let repaired = false;
  let verified = 0;
  await startServices(() => {
    if (!repaired) throw new SnapfleetError('destination_unavailable', 'the repository is away');
    verified += 1;
    return Promise.resolve();
  });
  const operator = await client('client-operator');
  const follower = await client('client-subscriber');
  const followed = follower.events({ from: { durable: 'ledger', start: { after: 0 } } });
  const handle = await operator.send(SnapshotCreate, SnapshotCreate.example);
  const ready = await operator.outcome(handle, { deadlineMs: 20_000 });
  expect(ready.name).toBe('snapshot.ready');
  const names: string[] = [];
  for await (const { name } of followed) if (names.push(name) === 2) break;
  expect(names).toEqual(['snapshot.ready', 'backup.started']);
  expect(await operator.ask(SnapshotList, {})).toEqual({ restorePoints: [] });

  const letter = await waitUntil('the verifier gives up', async () => (await operator.deadLetters.list())[0], waiting);
  expect(letter.reason).toMatchObject({ durable: 'restore-verifier', errorCode: 'destination_unavailable' });
  const { number } = letter;
  // Only who may speak for the services puts an event back.
  await expect(operator.deadLetters.putBack(number)).rejects.toMatchObject({ code: 'access_denied' });
  repaired = true;
  await (await client('client-maintainer')).deadLetters.putBack(number);
  await waitUntil('the verifier has it again', () => verified === 1, waiting);
  expect(await operator.deadLetters.list()).toEqual([]);
});

test('a service waits for the orchestrator, which declares streams and consumers for all', async () => {
  let concealed = 0;
  const conceal: Behaviour['conceal'] = () => {
    concealed += 1;
    return Promise.resolve({ concealed: true });
  };
  const waiting = service('host-lvm', { conceal });
  let isReady = false;
  void waiting.then(() => (isReady = true));
  const early = await IdentityAttempts.connect(server, 'client-operator');
  undo.push(() => early.close());
  expect(isReady).toBe(false);
  await service('orchestrator');
  await waiting;
  const worker = await service('backup-worker');
  await worker.commands.call(VolumeConceal, VolumeConceal.example, { deadlineMs: 20_000 });
  expect(concealed).toBe(1);
});

test('a subscriber follows events in every way there is, and can do nothing else', async () => {
  const orchestrator = await service('orchestrator');
  await orchestrator.events.publish(SnapshotReady, SnapshotReady.example);
  const subscriber = await client('client-subscriber');
  const starts = [{ after: 0 }, new Date(0), { durable: 'mine', start: { after: 0 } }] as const;
  for (const from of starts) {
    for await (const { name } of subscriber.events({
      from,
      filter: { names: ['snapshot.ready', 'snapshot.failed'] },
    })) {
      expect(name).toBe('snapshot.ready');
      break;
    }
  }
  expect(await subscriber.forget('mine')).toBe(true);
  const denied = { code: 'access_denied' };
  await expect(subscriber.send(SnapshotDelete, SnapshotDelete.example)).rejects.toMatchObject(denied);
  await expect(subscriber.ask(SnapshotList, {})).rejects.toMatchObject(denied);
  await expect(subscriber.deadLetters.list()).rejects.toMatchObject(denied);
});

test('who asks for TLS does not talk to a server without it', async () => {
  const servers = server.url.replace('nats://', 'tls://');
  const plain = connectToDevice({ servers, device, nkeySeedFile: server.seedFiles?.['client-operator'] });
  await expect(plain).rejects.toThrow(/tls/i);
});

test('without a key, and with the key of another server, there is no way in', async () => {
  await expect(connectToDevice({ servers: server.url, device })).rejects.toMatchObject({ code: 'access_denied' });
  const token = connectToDevice({ servers: server.url, device, token: 'any' });
  await expect(token).rejects.toMatchObject({ code: 'access_denied' });
  const other = await startNatsServer({ identitiesOf: device });
  undo.push(() => other.stop());
  const foreign = connectToDevice({
    servers: server.url,
    device,
    nkeySeedFile: other.seedFiles?.['client-operator'],
  });
  await expect(foreign).rejects.toMatchObject({ code: 'access_denied' });
});

test('a key is changed while the server and the services run; the old one is of no use then', async () => {
  let concealed = 0;
  const conceal: Behaviour['conceal'] = () => {
    concealed += 1;
    return Promise.resolve({ concealed: true });
  };
  await service('orchestrator');
  await service('host-lvm', { conceal });
  const worker = await service('backup-worker');
  const stolen = readFileSync(server.seedFiles?.['backup-worker'] ?? '', 'ascii').trim();
  const withOldKey = () =>
    connect({
      servers: server.url,
      authenticator: nkeyAuthenticator(new TextEncoder().encode(stolen)),
      reconnect: false,
    });
  await worker.commands.call(VolumeConceal, VolumeConceal.example, { deadlineMs: 20_000 });
  const thief = await withOldKey();
  await server.changeKey('backup-worker');
  await thief.closed();
  await waitUntil('the old key is refused', async () => {
    const connection = await withOldKey().catch(() => undefined);
    await connection?.close();
    return connection === undefined;
  });
  await worker.commands.call(VolumeConceal, VolumeConceal.example, { deadlineMs: 20_000 });
  expect(concealed).toBe(2);
});
