import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { KubernetesApiError } from '@snapfleet/kubernetes';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { ServiceLog } from '@snapfleet/service-kit';
import { GuardClient } from '@snapfleet/workloads';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GuardProcess } from '../testing/guard-process.js';
import {
  heldPods,
  keyOf,
  namespace,
  never,
  operationId,
  orderOf,
  otherOperationId,
  quiescedDeployment,
  quiescedPod,
} from '../testing/samples.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import { TimerSocket } from './timer-socket.js';

const logger = new ServiceLog({ level: 'silent', service: 'test' });
const patience = { patienceMs: 0, signal: never };
const quiesced = quiescedPod();
const key = keyOf(quiesced);
let directory: string;
let path: string;
let clock: VirtualClock;
let cluster: FakeCluster;
let guard: GuardProcess;
let socket: TimerSocket;
let client: GuardClient;
const reports: string[] = [];

const socketOf = ({ timers, watch, arm, disarm }: GuardProcess): TimerSocket =>
  new TimerSocket(path, {
    timers,
    watch,
    armTimer: arm,
    disarmTimer: disarm,
    logger,
    report: (_level, event) => reports.push(event),
  });

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'snapfleet-socket-'));
  path = join(directory, 'run', 'guard.sock');
  clock = new VirtualClock();
  cluster = new FakeCluster();
  guard = new GuardProcess({ directory: join(directory, 'state'), clock, cluster });
  socket = socketOf(guard);
  client = new GuardClient(path);
  await socket.open();
});

afterEach(async () => {
  await client.close();
  await socket.close();
  await guard.stop();
  rmSync(directory, { recursive: true });
});

/** A request that no client of ours would send. */
function raw(method: string, target: string, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request({ socketPath: path, method, path: target, headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() });
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

test('a timer is armed, found, listed and ended', async () => {
  expect(await client.find(key, patience)).toBeUndefined();
  const { dueAt } = await client.arm(key, orderOf(quiesced), patience);
  expect(dueAt).toBe('2026-11-23T12:15:00.000Z');
  const armed = {
    state: 'armed',
    operationId,
    workload: { kind: 'Pod', name: 'base', uid: 'u-1' },
    remainingMs: 900_000,
  };
  expect(await client.find(key, patience)).toMatchObject(armed);
  expect(await client.list(patience)).toMatchObject([armed]);
  expect(await client.disarm(key, patience)).toEqual({
    state: 'disarmed',
    operationId,
    wasArmed: true,
    downtimeMs: 0,
  });
  expect(await client.list(patience)).toEqual([]);
  await expect(client.arm(key, orderOf(quiesced), patience)).rejects.toMatchObject({ code: 'operation_superseded' });
});

test('a timer of hooks is armed where the guard may run them, which can be asked before', async () => {
  const held = heldPods(cluster);
  await client.expectHooks(namespace, patience);
  await client.arm(keyOf(held), orderOf(held), patience);
  const armed = { state: 'armed', workload: { kind: 'Deployment', name: 'orders', uid: keyOf(held).workloadUid } };
  expect(await client.find(keyOf(held), patience)).toMatchObject(armed);
  cluster.forbidden.add('create pods/exec');
  const refused = { code: 'hooks_unsupported', retryable: false };
  await expect(client.expectHooks(namespace, patience)).rejects.toMatchObject(refused);
  const other = heldPods(cluster, otherOperationId);
  await expect(client.arm(keyOf(other), orderOf(other), patience)).rejects.toMatchObject(refused);
  expect(await client.list(patience)).toHaveLength(1);
});

test('a timer of a bare Pod is armed where the guard itself could make it again, and stays armed after that', async () => {
  const refusal = new KubernetesApiError(403, 'Forbidden', 'pods "base" is forbidden: violates PodSecurity');
  const asked: object[] = [];
  cluster.pods.admission = (manifest) => {
    asked.push(manifest);
    return refusal;
  };
  await expect(client.arm(key, orderOf(quiesced), patience)).rejects.toMatchObject({
    code: 'workload_not_recreatable',
    retryable: false,
    message: `workload-guard could not make Pod base again: ${refusal.message}`,
  });
  expect(await client.list(patience)).toEqual([]);
  expect(asked).toMatchObject([{ metadata: { annotations: { 'snapfleet.io/recreated-by': operationId } } }]);
  cluster.pods.admission = () => undefined;
  await client.arm(key, orderOf(quiesced), patience);
  cluster.pods.admission = () => refusal;
  await client.arm(key, orderOf(quiesced), patience);
  expect(await client.list(patience)).toHaveLength(1);
  expect(cluster.writes).toEqual([]);
});

test('an API server that does not say whether a bare Pod could be made again is asked again, for as long as was said', async () => {
  cluster.pods.admission = () => new KubernetesApiError(503, 'ServiceUnavailable', 'the API server starts');
  await expect(client.arm(key, orderOf(quiesced), patience)).rejects.toMatchObject({
    code: 'guard_unavailable',
    message: expect.stringContaining('the API server starts') as string,
  });
  expect(await client.list(patience)).toEqual([]);
});

test('what is armed over the socket fires', async () => {
  await client.arm(key, orderOf(quiesced), patience);
  await clock.advance(900_000);
  expect(cluster.pods.objects.size).toBe(1);
  expect(await client.disarm(key, patience)).toMatchObject({
    state: 'brought-back',
    readySnapshots: [],
    downtimeMs: 900_000,
  });
});

test('nobody but the user and the group of the guard may connect', () => {
  const { mode } = statSync(path);
  expect(mode & 0o007).toBe(0);
  expect(mode & 0o060).toBe(0o060);
  expect(statSync(dirname(path)).mode & 0o027).toBe(0);
});

test.each([
  ['no JSON', `/timers/${operationId}/u-1`, '{', 400],
  ['no timer', `/timers/${operationId}/u-1`, '{"namespace":"shop"}', 400],
  ['an operation that is none', '/timers/first/u-1', JSON.stringify(orderOf(quiesced)), 400],
  ['a uid that is not the one of the workload', `/timers/${operationId}/u-2`, JSON.stringify(orderOf(quiesced)), 400],
  ['a time that is none', `/timers/${operationId}/u-1`, JSON.stringify(orderOf(quiesced, 0)), 400],
  ['more than an object can have', `/timers/${operationId}/u-1`, JSON.stringify('x'.repeat(3 << 20)), 413],
  ['another path', '/healthz', '{}', 404],
])('a message with %s is refused with a reason', async (_what, target, body, status) => {
  const answer = await raw('PUT', target, body);
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'invalid_message' } });
  expect(guard.timers.open()).toEqual([]);
});

test('a guard that cannot write is as good as none', async () => {
  vi.spyOn(guard.store, 'save').mockImplementation(() => {
    throw new Error('database or disk is full');
  });
  await expect(client.arm(key, orderOf(quiesced), patience)).rejects.toMatchObject({
    code: 'guard_unavailable',
    message: expect.stringContaining('disk is full') as string,
  });
  expect(reports).toContain('socket.failed');
});

test('a guard that starts again in the meantime is waited for, for as long as was said', async () => {
  await socket.close();
  await expect(client.list(patience)).rejects.toMatchObject({ code: 'guard_unavailable', retryable: true });
  const waiting = client.arm(key, orderOf(quiesced), { patienceMs: 20_000, signal: never });
  socket = socketOf(guard);
  await socket.open();
  await expect(waiting).resolves.toBeDefined();
});

test('who does not want to wait any more does not', async () => {
  await socket.close();
  const stop = new AbortController();
  const waiting = client.list({ patienceMs: 20_000, signal: stop.signal });
  stop.abort();
  await expect(waiting).rejects.toThrow(/abort/i);
});

test('a socket that a killed guard left is used again, one on which somebody listens is not', async () => {
  await expect(socketOf(guard).open()).rejects.toThrow(/another process listens/);
  await socket.close();
  const aside = join(directory, 'aside.sock');
  const killed = createServer().listen(path);
  await once(killed, 'listening');
  // The end of a server removes its file; that of a killed one stays.
  renameSync(path, aside);
  killed.close();
  await once(killed, 'close');
  renameSync(aside, path);
  await socket.open();
  expect(await client.list(patience)).toEqual([]);
});

test('a Deployment is armed by its own uid', async () => {
  const deployment = quiescedDeployment(cluster);
  await client.arm(keyOf(deployment), orderOf(deployment), patience);
  expect(await client.list(patience)).toMatchObject([{ workload: { kind: 'Deployment', name: 'orders' } }]);
});
