import { KubeConfig } from '@kubernetes/client-node';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiConnection } from './api-connection.js';

const pod = { method: 'GET', path: '/api/v1/namespaces/shop/pods/orders' } as const;
let server: Server | undefined;

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

/** An API server that answers each path with these HTTP statuses in turn, the last one for ever; what it was asked for. */
async function apiServer(answers: Readonly<Record<string, readonly number[]>>, requestDeadlineMs = 20_000) {
  const asked: string[] = [];
  server = createServer((request, response) => {
    const path = request.url ?? '';
    const statuses = answers[path] ?? [404];
    const status = statuses[Math.min(asked.filter((one) => one === path).length, statuses.length - 1)] ?? 404;
    asked.push(path);
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify({ reason: 'Any' })}\n`);
  });
  const listening = server;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const { port } = listening.address() as AddressInfo;
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'device', server: `http://127.0.0.1:${String(port)}`, skipTLSVerify: true }],
    users: [{ name: 'user', token: 'token' }],
    contexts: [{ name: 'device', cluster: 'device', user: 'user' }],
    currentContext: 'device',
  });
  return { connection: new ApiConnection(config, requestDeadlineMs), asked };
}

describe('a request that the API server refuses', () => {
  it.each([401, 403])('with %d while it starts is tried again until it is ready', async (status) => {
    const { connection, asked } = await apiServer({ [pod.path]: [status, status, 200], '/readyz': [500, 500] });
    expect(await connection.send(pod)).toEqual({ reason: 'Any' });
    expect(asked).toEqual([pod.path, '/readyz', pod.path, '/readyz', pod.path]);
  });

  it('in the moment before it is ready is tried again at once', async () => {
    const { connection, asked } = await apiServer({ [pod.path]: [403, 200], '/readyz': [200] });
    expect(await connection.send(pod)).toEqual({ reason: 'Any' });
    expect(asked).toEqual([pod.path, '/readyz', pod.path]);
  });

  it.each([[200], [404], [403]])('is refused if it is ready, or says %d and so nothing of it', async (readiness) => {
    const { connection, asked } = await apiServer({ [pod.path]: [403], '/readyz': [readiness] });
    await expect(connection.send(pod)).rejects.toMatchObject({ status: 403, passing: false });
    expect(asked).toEqual([pod.path, '/readyz', pod.path]);
  });

  it('as a watch may be allowed later, too', async () => {
    const { connection } = await apiServer({ [pod.path]: [403, 200], '/readyz': [500] });
    const { signal } = new AbortController();
    const lines = (): Promise<unknown> => connection.lines({ ...pod, signal }).next();
    await expect(lines()).rejects.toMatchObject({ status: 503, passing: true });
    expect(await lines()).toMatchObject({ value: '{"reason":"Any"}' });
  });

  it('by one that does not become ready may be allowed later', async () => {
    const { connection } = await apiServer({ [pod.path]: [403], '/readyz': [500] }, 500);
    await expect(connection.send(pod)).rejects.toMatchObject({ status: 503, reason: 'NotReady', passing: true });
  });
});
