import { KubeConfig } from '@kubernetes/client-node';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ApiConnection } from '../api/api-connection.js';
import { resources } from './definitions.js';
import { ResourceClient } from './resource-client.js';

const manifest = { metadata: { name: 'base' }, spec: { containers: [] } };
let server: Server | undefined;

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

/** Pods at an API server that gives this answer to everything, and what it was asked. */
async function podsAnswering(status: number, answer: object) {
  const asked: string[] = [];
  const listening = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''} ${body}`);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const { port } = listening.address() as AddressInfo;
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'device', server: `http://127.0.0.1:${String(port)}`, skipTLSVerify: true }],
    users: [{ name: 'user' }],
    contexts: [{ name: 'device', cluster: 'device', user: 'user' }],
    currentContext: 'device',
  });
  return { pods: new ResourceClient(new ApiConnection(config, 5_000), resources.pods), asked };
}

test('what is only tried is sent as a dry run, and its answer need be no stored object', async () => {
  const { pods, asked } = await podsAnswering(201, { metadata: { name: 'base' } });
  await pods.tryCreate('shop', manifest);
  const body = JSON.stringify({ ...manifest, apiVersion: 'v1', kind: 'Pod' });
  expect(asked).toEqual([`POST /api/v1/namespaces/shop/pods?dryRun=All ${body}`]);
});

test('what is tried is refused as its creation would be', async () => {
  const { pods } = await podsAnswering(409, { reason: 'AlreadyExists', message: 'pods "base" already exists' });
  await expect(pods.tryCreate('shop', manifest)).rejects.toMatchObject({ status: 409, reason: 'AlreadyExists' });
});
