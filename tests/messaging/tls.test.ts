import { connectToDevice, SnapshotList, type SnapfleetClient } from '@snapfleet/client';
import { VolumeConceal } from '@snapfleet/contracts';
import { NatsLink, type MessagingLog } from '@snapfleet/messaging';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startNatsServer, type NatsServer } from '../support/nats-server.js';
import { waitUntil } from '../support/wait-until.js';
import { EavesdroppingProxy, handshakeRecord } from './eavesdropping-proxy.js';
import { buildPrograms, root } from './programs.js';
import { device, startService } from './test-service.js';

const programDeadlineMs = 30_000;
const untrusted = { code: 'server_not_trusted' };
let server: NatsServer;
/** Its certificate is of another authority and for another host. */
let stranger: NatsServer;
const undo: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  await buildPrograms();
  server = await startNatsServer({ identitiesOf: device, tls: true });
  stranger = await startNatsServer({ token: 'secret-token', tls: 'DNS:elsewhere.example,DNS:localhost' });
});

afterAll(async () => {
  await server.stop();
  await stranger.stop();
});

afterEach(async () => {
  for (const action of undo.splice(0).reverse()) await action();
});

const plain = ({ url }: NatsServer): string => url.replace('tls://', 'nats://');
const byName = ({ url }: NatsServer): string => url.replace('127.0.0.1', 'localhost');

async function client(servers: string, more: { caFile?: string | undefined; token?: string } = {}) {
  const access = { ...server.access, caFile: undefined, ...more };
  const connected: SnapfleetClient = await connectToDevice({ servers, device, ...access });
  undo.push(() => connected.close());
  return connected;
}

async function proxyBefore(target: NatsServer): Promise<EavesdroppingProxy> {
  const proxy = await EavesdroppingProxy.before(target.url);
  undo.push(() => proxy.close());
  return proxy;
}

/** A link of a service, and what it has logged of attempts that failed. */
function link(servers: string, caFile?: string): { link: NatsLink; failures: string[] } {
  const failures: string[] = [];
  const ignore = (): void => undefined;
  const log: MessagingLog = {
    ...{ debug: ignore, info: ignore, error: ignore },
    warn: (_event, fields) => failures.push(String(fields?.['error'])),
  };
  const made = new NatsLink({ party: 'orchestrator', device, servers, caFile, token: 'secret-token', log }, 'test');
  undo.push(() => made.close());
  made.connect().catch(() => undefined);
  return { link: made, failures };
}

test('services and clients work over TLS, by the address and by the name of the server', async () => {
  const { caFile } = server;
  const services = [await startService(server, 'orchestrator'), await startService(server, 'host-lvm')];
  const worker = await startService({ ...server, url: byName(server) }, 'backup-worker');
  for (const service of [...services, worker]) undo.push(() => service.close());
  const { concealed } = await worker.commands.call(VolumeConceal, VolumeConceal.example, { deadlineMs: 20_000 });
  expect(concealed).toBe(true);
  for (const servers of [server.url, byName(server)]) {
    expect(await (await client(servers, { caFile })).ask(SnapshotList, {})).toEqual({ restorePoints: [] });
  }
});

test('without tls:// in its address nobody uses a server that takes TLS only, and is told why', async () => {
  await expect(client(plain(server))).rejects.toMatchObject(untrusted);
  await expect(client(plain(server))).rejects.toThrow(/must begin with tls:/);
  const { failures } = link(plain(server));
  await waitUntil('the service has tried', () => failures.length > 0);
  expect(failures[0]).toMatch(/must begin with tls:/);
});

test('an address without tls:// is refused also where Node.js trusts the authority', async () => {
  const { exitCode, stdout } = await runCli(plain(server), { NODE_EXTRA_CA_CERTS: server.caFile ?? '' });
  expect({ exitCode, ...(JSON.parse(stdout) as object) }).toMatchObject({ exitCode: 3, error: untrusted });
  expect(stdout).toMatch(/must begin with tls:/);
});

test('a server whose certificate another authority has signed is refused, by clients and services', async () => {
  const { caFile } = server;
  await expect(client(byName(stranger), { caFile, token: 'secret-token' })).rejects.toMatchObject(untrusted);
  await expect(client(server.url)).rejects.toMatchObject(untrusted);
  const { link: refused, failures } = link(byName(stranger), caFile);
  await waitUntil('the service has tried', () => failures.length > 0);
  expect(failures[0]).toMatch(/unable to verify the first certificate \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)/);
  expect(refused.connected).toBe(false);
});

test('a server whose certificate is for another host is refused, by clients and services', async () => {
  const { caFile } = stranger;
  // It names localhost; Node.js alone would take that for every address.
  await expect(client(stranger.url, { caFile, token: 'secret-token' })).rejects.toMatchObject(untrusted);
  const { link: refused, failures } = link(stranger.url, caFile);
  await waitUntil('the service has tried', () => failures.length > 0);
  expect(failures[0]).toMatch(/127\.0\.0\.1 is not in the cert's list/);
  expect(refused.connected).toBe(false);
});

test('nothing but the greeting of the server goes over the wire in clear', async () => {
  const proxy = await proxyBefore(server);
  const service = await startService({ ...server, url: `tls://127.0.0.1:${String(proxy.port)}` }, 'orchestrator');
  undo.push(() => service.close());
  const connected = await client(`tls://localhost:${String(proxy.port)}`, { caFile: server.caFile });
  await connected.ask(SnapshotList, {});
  expect(proxy.connections.length).toBeGreaterThan(1);
  for (const { sent, received } of proxy.connections) {
    expect(sent[0]).toBe(handshakeRecord);
    expect(sent.toString('latin1')).not.toMatch(/CONNECT|PUB|nkey|sig|snap\.v1/);
    const [greeting = '', ...rest] = received.toString('latin1').split('\r\n');
    expect(greeting).toMatch(/^INFO \{.*"tls_required":true/);
    expect(rest.join('\r\n').charCodeAt(0)).toBe(handshakeRecord);
    expect(rest.join('\r\n')).not.toMatch(/snap\.v1|MSG|PONG/);
  }
});

test('who reconnects to something that offers no TLS says not a word', async () => {
  const proxy = await proxyBefore(server);
  const address = `tls://127.0.0.1:${String(proxy.port)}`;
  const service = await startService({ ...server, url: address }, 'orchestrator');
  undo.push(() => service.close());
  await client(address, { caFile: server.caFile });
  const before = proxy.connections.length;
  proxy.stripTls();
  // Two links of the service and one of the client, each of them more than once.
  await waitUntil('all have tried again', () => proxy.connections.length >= before + 6, { deadlineMs: 30_000 });
  expect(proxy.connections.slice(before).map(({ sent }) => sent.length)).toEqual(
    proxy.connections.slice(before).map(() => 0),
  );
});

test('the command line takes the authority, and tells what is wrong with a server', async () => {
  const caFile = server.caFile ?? '';
  const good = await runCli(server.url, { SNAPFLEET_NATS_CA_FILE: caFile });
  expect(JSON.parse(good.stdout)).toMatchObject({ error: { code: 'device_unreachable' } });
  const { exitCode, stdout } = await runCli(server.url);
  expect({ exitCode, ...(JSON.parse(stdout) as object) }).toMatchObject({ exitCode: 3, error: untrusted });
});

/** Asks for the restore points of a device on which no service runs. */
async function runCli(url: string, environment: Readonly<Record<string, string>> = {}) {
  return execa(`${root}apps/cli/bin/snapfleet`, ['snapshot', 'list', '--json', '--server', url, '--device', device], {
    reject: false,
    timeout: programDeadlineMs,
    env: { SNAPFLEET_NATS_NKEY_SEED_FILE: server.seedFiles?.['client-operator'] ?? '', ...environment },
  });
}
