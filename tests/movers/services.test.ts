import { randomBytes } from 'node:crypto';
import { chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { createInbox } from '@nats-io/nats-core';
import {
  BackupCompleted,
  BackupRemove,
  type DataOf,
  definitionOf,
  parseEnvelope,
  parseSubject,
  type Party,
  type ReadySnapshot,
  RestoreFailed,
  SnapshotReady,
} from '@snapfleet/contracts';
import { applyTopology, DeadLetters } from '@snapfleet/messaging';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RawClient } from '../messaging/raw-client.js';
import { makeOddTree } from '../support/odd-tree.js';
import { startNatsServer, type NatsServer } from '../support/nats-server.js';
import { serverPrograms } from '../support/servers.js';
import { hostPlace, type RunningService, type ServiceName, serviceUid } from '../support/services.js';
import { waitUntil } from '../support/wait-until.js';
import { AgentStandIn } from './agent-stand-in.js';

const ready = SnapshotReady.data.parse({ ...SnapshotReady.example, movers: ['copy', 'restic'] });
const deadlineMs = 100_000;
const services: ServiceName[] & Party[] = ['backup-worker', 'restore-verifier'];
const mostDeliveries = 6;

interface SeenEvent {
  readonly name: string;
  readonly id: string;
  readonly data: Record<string, unknown>;
}

describe('backup worker and restore verifier, as processes of an ordinary user', () => {
  let directory: string;
  let nats: NatsServer;
  let client: RawClient;
  let agent: AgentStandIn;
  let events: SeenEvent[];
  const running: RunningService[] = [];
  const at = (name: string): string => join(directory, name);

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'snapfleet-services-'));
    for (const name of ['source', 'destination', 'secrets', 'worker', 'verifier', 'repositories', 'tmp', 'volumes']) {
      await mkdir(at(name));
      await chown(at(name), serviceUid, serviceUid);
    }
    nats = await startNatsServer();
    client = await RawClient.connect(nats);
    agent = new AgentStandIn(client.connection, at('volumes'));
    agent.volumes.set(ready.snapshot.snapshotHandle, at('source'));
    events = [];
    client.connection.subscribe('snap.v1.evt.*.>', {
      callback: (_error, { subject, data }) => {
        const { id, data: told } = parseEnvelope(data);
        events.push({ name: parseSubject(subject)?.name ?? subject, id, data: told as Record<string, unknown> });
      },
    });
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') console.log(events, agent.calls, ...running.map(({ log }) => log.slice(-30)));
    await Promise.all(running.splice(0).map((service) => service.kill9()));
    agent.close();
    await client.close();
    await nats.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function start(name: ServiceName): Promise<RunningService> {
    const service = await hostPlace(at('logs')).start(name, {
      SNAPFLEET_DEVICE: 'edge-1',
      SNAPFLEET_NATS_URL: nats.url,
      SNAPFLEET_DESTINATION: at('destination'),
      SNAPFLEET_RESTIC_REPOSITORY: at('repositories/restic'),
      SNAPFLEET_RESTIC_PASSWORD_FILE: at('secrets/restic-password'),
      SNAPFLEET_RESTIC_PROGRAM: join(await serverPrograms('restic'), 'restic'),
      SNAPFLEET_SCRATCH_DIR: at(name === 'backup-worker' ? 'worker' : 'verifier'),
      TMPDIR: at('tmp'),
    });
    running.push(service);
    const url = `http://127.0.0.1:${String(service.httpPort)}/readyz`;
    await waitUntil(`${name} is ready`, async () => (await fetch(url)).ok, { deadlineMs });
    return service;
  }

  const publishReady = (changes: Partial<ReadySnapshot> = {}): Promise<string> =>
    client.publish(SnapshotReady, { ...ready, ...changes });
  const seen = (name: string): SeenEvent[] => events.filter((event) => event.name === name);
  const waitForEvents = async (name: string, count: number): Promise<SeenEvent[]> => {
    await waitUntil(`${String(count)} events ${name}`, () => seen(name).length >= count, { deadlineMs, pauseMs: 100 });
    return seen(name);
  };

  it('back up and prove a snapshot independently, and leave nothing behind', async () => {
    await makeOddTree(at('source'), { files: 300 });
    await start('restore-verifier');
    await publishReady({ assertion: { image: 'any', command: ['true'], mountPath: '/data', timeoutSeconds: 60 } });
    // The worker does not run yet: the snapshot is proven without it.
    const [first] = await waitForEvents('restore.verified', 1);
    expect(first?.data).toMatchObject({ level: 'snapshot', assertion: { exitCode: 0 } });

    await start('backup-worker');
    const completed = await waitForEvents('backup.completed', 2);
    const verified = await waitForEvents('restore.verified', 3);
    expect(
      verified
        .slice(1)
        .map(({ data }) => [data['level'], data['mover']])
        .toSorted(),
    ).toEqual([
      ['backup', 'copy'],
      ['backup', 'restic'],
    ]);
    const digests = [...completed, ...verified].map(
      ({ data }) => (data['manifest'] as { rootDigest: string }).rootDigest,
    );
    expect(new Set(digests).size).toBe(1);
    expect(seen('backup.failed')).toEqual([]);
    await waitUntil(
      'the scratch directories are empty',
      async () =>
        (await Promise.all(['worker', 'verifier', 'volumes', 'tmp'].map((name) => readdir(at(name))))).flat().length ===
        0,
    );
    expect(agent.leases.size).toBe(0);
    for (const { name, data } of events) definitionOf('evt', name)?.data.parse(data);
  });

  it('tell what differs in a restored snapshot, and remove it', async () => {
    await makeOddTree(at('source'), { files: 20 });
    agent.damage = (path) => writeFile(join(path, 'odd', 'a'), 'something else');
    await start('restore-verifier');
    await publishReady();
    const [failed] = await waitForEvents('restore.failed', 1);
    const { error, differences } = failed?.data as DataOf<typeof RestoreFailed>;
    expect(error.code).toBe('verification_failed');
    expect(differences.map(({ path, field }) => `${path} ${field}`)).toContain('odd/a digest');
    expect(agent.calls.at(-1)).toBe('volume.remove');
  });

  it('finish a backup in whose middle the worker was killed', async () => {
    await makeOddTree(at('source'), { files: 2000 });
    await writeFile(join(at('source'), 'random'), randomBytes(32 << 20));
    const worker = await start('backup-worker');
    await publishReady();
    await waitForEvents('backup.started', 1);
    await worker.kill9();
    expect(seen('backup.completed')).toEqual([]);
    await start('backup-worker');
    const completed = await waitForEvents('backup.completed', 2);
    expect(new Set(completed.map(({ data }) => (data['backup'] as { mover: string }).mover)).size).toBe(2);
    expect(seen('backup.failed')).toEqual([]);
  });

  it('tell that they failed when each process that worked on a snapshot crashed', async () => {
    await applyTopology(client.connection, services);
    await publishReady();
    for (const durable of services) {
      const consumer = await jetstream(client.connection).consumers.get('EVT', durable);
      for (let delivery = 0; delivery < mostDeliveries; delivery += 1) (await consumer.next())?.nak();
      await start(durable);
    }
    const given = [...(await waitForEvents('backup.failed', 2)), ...(await waitForEvents('restore.failed', 1))];
    expect(given.map(({ data }) => [data['mover'], data['level'], (data['error'] as { code: string }).code])).toEqual([
      ['copy', undefined, 'interrupted'],
      ['restic', undefined, 'interrupted'],
      [undefined, 'snapshot', 'interrupted'],
    ]);
    // What each of them may have left is given back, and nothing is read.
    await waitUntil('the lease is given back', () => agent.calls.length > 0, { deadlineMs });
    expect(agent.calls).toEqual(['volume.conceal']);
    expect((await new DeadLetters(client.connection).list()).map(({ durable }) => durable)).toEqual(services);
  });

  it('remove a backup on command', async () => {
    await writeFile(join(at('source'), 'a'), 'a');
    await start('backup-worker');
    await publishReady({ movers: ['copy'] });
    const [completed] = await waitForEvents('backup.completed', 1);
    const { restorePointId, namespace, persistentVolumeClaim, backup } = completed?.data as DataOf<
      typeof BackupCompleted
    >;
    const replies: unknown[] = [];
    const replyTo = createInbox();
    client.connection.subscribe(replyTo, { callback: (_error, message) => void replies.push(message.json()) });
    const data = { restorePointId, namespace, persistentVolumeClaim, backup };
    await client.publish(BackupRemove, data, { replyTo, expires: new Date(Date.now() + deadlineMs) });
    await waitUntil('the reply', () => replies.length > 0, { deadlineMs });
    expect(replies[0]).toEqual({ ok: true, result: { removed: true } });
    expect(await readdir(join(at('destination'), 'shop', 'orders'))).toEqual([]);
  });
});
