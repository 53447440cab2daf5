import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { ApiConnection } from '../api/api-connection.js';
import { ExecDeadlineError } from './exec-deadline-error.js';
import { PodClient } from './pod-client.js';

const key = { namespace: 'shop', name: 'orders-1' };
const wish = { container: 'app', command: ['lock', '--password', 'geheim'] };
const long = { deadlineMs: 20_000 };
const status = (content: object): Buffer => Buffer.concat([Buffer.of(3), Buffer.from(JSON.stringify(content))]);
const said = (channel: number, text: string): Buffer => Buffer.concat([Buffer.of(channel), Buffer.from(text)]);
const exited = (code: number): Buffer =>
  status({
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code`,
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  });

/** An API server that plays one command, or answers without a WebSocket. */
let server: Server;
let sockets: WebSocketServer;
let requests: string[];
let play: (socket: WebSocket) => void;
let refusals: { readonly status: number; readonly body: string }[];
let protocols: readonly string[];
let pods: PodClient;

beforeEach(async () => {
  requests = [];
  refusals = [];
  protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
  sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => protocols.find((one) => offered.has(one)) ?? false,
  });
  server = createServer();
  server.on('upgrade', (request, stream, head) => {
    requests.push(request.url ?? '');
    const refusal = refusals.shift();
    if (refusal !== undefined) {
      stream.end(`HTTP/1.1 ${String(refusal.status)} No\r\nconnection: close\r\n\r\n${refusal.body}`);
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      play(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  pods = clientOf((server.address() as AddressInfo).port);
});

afterEach(async () => {
  for (const socket of sockets.clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

function clientOf(port: number): PodClient {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'device', server: `http://127.0.0.1:${String(port)}`, skipTLSVerify: true }],
    users: [{ name: 'me', token: 'token' }],
    contexts: [{ name: 'device', cluster: 'device', user: 'me' }],
    currentContext: 'device',
  });
  return new PodClient(new ApiConnection(config, 5_000));
}

const send = (socket: WebSocket, ...messages: readonly Buffer[]): void => {
  for (const message of messages) socket.send(message);
};

test('exit code and output come back, whatever the channels are opened with', async () => {
  play = (socket) => {
    send(
      socket,
      Buffer.of(1),
      Buffer.of(2),
      Buffer.of(3),
      said(1, 'out'),
      said(2, 'err'),
      said(255, '\u0001'),
      exited(3),
    );
  };
  await expect(pods.exec(key, wish, long)).resolves.toEqual({ exitCode: 3, stdout: 'out', stderr: 'err' });
  expect(requests).toEqual([
    '/api/v1/namespaces/shop/pods/orders-1/exec?container=app&stdout=true&stderr=true&command=lock&command=--password&command=geheim',
  ]);
});

test('an older API server is spoken to in the older protocol', async () => {
  protocols = ['v4.channel.k8s.io'];
  play = (socket) => {
    expect(socket.protocol).toBe('v4.channel.k8s.io');
    send(socket, status({ status: 'Success' }));
  };
  await expect(pods.exec(key, wish, long)).resolves.toMatchObject({ exitCode: 0 });
});

test('of a flood of output the end is kept', async () => {
  play = (socket) => {
    for (let line = 0; line < 10_000; line += 1) socket.send(said(1, `line ${String(line)}\n`));
    send(socket, status({ status: 'Success' }));
  };
  const { stdout } = await pods.exec(key, wish, long);
  expect(stdout).toHaveLength(8 * 1024);
  expect(stdout.endsWith('line 9999\n')).toBe(true);
});

test('what the API server or the runtime says instead of running the command is told, without its arguments', async () => {
  refusals.push({ status: 403, body: JSON.stringify({ reason: 'Forbidden', message: 'may not exec' }) });
  const refused = await pods.exec(key, wish, long).catch((error: unknown) => error);
  expect(refused).toMatchObject({ status: 403, reason: 'Forbidden' });
  expect(String(refused)).not.toContain('geheim');
  play = (socket) => {
    send(socket, status({ status: 'Failure', reason: 'InternalError', code: 500, message: 'no such container' }));
  };
  await expect(pods.exec(key, wish, long)).rejects.toMatchObject({ status: 500, reason: 'InternalError' });
});

test('a busy API server is asked again, but not where the command may have begun', async () => {
  refusals.push({ status: 503, body: '' }, { status: 429, body: '' });
  play = (socket) => {
    send(socket, status({ status: 'Success' }));
  };
  await expect(pods.exec(key, wish, long)).resolves.toMatchObject({ exitCode: 0 });
  expect(requests).toHaveLength(3);
  play = (socket) => {
    socket.terminate();
  };
  await expect(pods.exec(key, wish, long)).rejects.toMatchObject({ status: 0, reason: 'NoAnswer' });
  expect(requests).toHaveLength(4);
});

test('an API server that is not there is waited for until the deadline, and is what is told then', async () => {
  const port = (server.address() as AddressInfo).port;
  await new Promise((resolve) => server.close(resolve));
  await expect(clientOf(port).exec(key, wish, { deadlineMs: 300 })).rejects.toMatchObject({ reason: 'NoAnswer' });
});

test('at the deadline the connection is ended, and what had been said is told', async () => {
  const ended = Promise.withResolvers<void>();
  play = (socket) => {
    socket.once('close', () => {
      ended.resolve();
    });
    send(socket, said(2, 'waiting for a lock'));
  };
  const failure = await pods.exec(key, wish, { deadlineMs: 300 }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ExecDeadlineError);
  expect(failure).toMatchObject({ stderr: 'waiting for a lock' });
  await ended.promise;
});

test('an abort ends the connection with its reason, before and after it is open', async () => {
  const ended = Promise.withResolvers<void>();
  const stop = new AbortController();
  play = (socket) => {
    socket.once('close', () => {
      ended.resolve();
    });
    stop.abort(new Error('stopped'));
  };
  await expect(pods.exec(key, wish, { ...long, signal: stop.signal })).rejects.toThrow('stopped');
  await ended.promise;
  await expect(pods.exec(key, wish, { ...long, signal: stop.signal })).rejects.toThrow('stopped');
  expect(requests).toHaveLength(1);
});

test('a request that is never answered ends with the deadline, and its connection with it', async () => {
  server.removeAllListeners('upgrade');
  const ended = Promise.withResolvers<void>();
  server.on('upgrade', (_request, stream) => {
    stream.once('end', () => {
      stream.end();
      ended.resolve();
    });
    stream.resume();
  });
  await expect(pods.exec(key, wish, { deadlineMs: 200 })).rejects.toBeInstanceOf(ExecDeadlineError);
  await ended.promise;
});
