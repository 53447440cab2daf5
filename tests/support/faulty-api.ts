/**
 * A way to the API server that can be made bad: `away` breaks what is connected and takes no new connection, as when the
 * API server was killed; `flaky` answers some requests with 429, 500 or 503, breaks some before and some after they took
 * effect, and ends watches early, all by a seed.
 *
 *   const api = await startFaultyApi(8001, undo);         // the port of the real one on 127.0.0.1, plain HTTP
 *   api.behave({ kind: 'away' }); ...; api.behave({ kind: 'well' });
 */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { UndoStack } from './real-device/undo-stack.js';
import { Random } from './random.js';

export type ApiBehaviour =
  { readonly kind: 'well' } | { readonly kind: 'away' } | { readonly kind: 'flaky'; readonly seed: number };

/** What happens to one request. */
type Fate = 'well' | 'refused' | 'broken-before' | 'broken-after' | 'short-watch';

const statuses = [429, 500, 503];
const shortWatchMs = 150;

export interface FaultyApi {
  readonly port: number;
  behave(behaviour: ApiBehaviour): void;
  /** How many requests were not let through whole so far. */
  readonly broken: number;
}

export async function startFaultyApi(targetPort: number, undo: UndoStack): Promise<FaultyApi> {
  const sockets = new Set<Socket>();
  let behaviour: ApiBehaviour = { kind: 'well' };
  let random = new Random(1);
  let broken = 0;
  const fateOf = (incoming: IncomingMessage): Fate => {
    if (behaviour.kind !== 'flaky') return 'well';
    const number = random.next();
    const isWatch = incoming.url?.includes('watch=true') ?? false;
    if (isWatch && number < 0.5) return 'short-watch';
    if (number < 0.1) return 'refused';
    if (number < 0.15) return 'broken-before';
    return number < 0.2 ? 'broken-after' : 'well';
  };
  const server = createServer((incoming, outgoing) => {
    const fate = fateOf(incoming);
    if (fate !== 'well') broken += 1;
    if (fate === 'refused') refuse(outgoing, statuses[broken % statuses.length] ?? 503);
    else if (fate === 'broken-before') incoming.socket.destroy();
    else forward(targetPort, incoming, outgoing, fate);
  });
  // Commands in Pods: a connection that is taken over is let through as it is.
  server.on('upgrade', (incoming, socket: Socket, head) => {
    takeOver(targetPort, incoming, socket, head);
  });
  server.on('connection', (socket) => {
    if (behaviour.kind === 'away') socket.destroy();
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return {
    port: (server.address() as AddressInfo).port,
    get broken() {
      return broken;
    },
    behave: (wanted) => {
      behaviour = wanted;
      if (wanted.kind === 'flaky') random = new Random(wanted.seed);
      if (wanted.kind === 'away') for (const socket of sockets) socket.destroy();
    },
  };
}

function refuse(outgoing: ServerResponse, code: number): void {
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Injected', message: 'injected', code };
  outgoing.writeHead(code, { 'content-type': 'application/json', ...(code === 429 ? { 'retry-after': '1' } : {}) });
  outgoing.end(JSON.stringify(status));
}

function forward(port: number, incoming: IncomingMessage, outgoing: ServerResponse, fate: Fate): void {
  const { method, url, headers } = incoming;
  const onward = request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
    if (fate === 'broken-after') {
      // It took effect, and who asked does not know.
      answer.resume();
      incoming.socket.destroy();
      return;
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
    if (fate === 'short-watch') setTimeout(() => incoming.socket.destroy(), shortWatchMs);
  });
  onward.on('error', () => incoming.socket.destroy());
  outgoing.on('close', () => onward.destroy());
  incoming.pipe(onward);
}

function takeOver(port: number, incoming: IncomingMessage, socket: Socket, head: Buffer): void {
  const onward = connect(port, '127.0.0.1', () => {
    const { method = 'GET', url = '/', rawHeaders } = incoming;
    const lines = rawHeaders.flatMap((name, index) =>
      index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1] ?? ''}`] : [],
    );
    onward.write([`${method} ${url} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
    onward.write(head);
    onward.pipe(socket);
    socket.pipe(onward);
  });
  for (const [one, other] of [
    [onward, socket],
    [socket, onward],
  ] as const) {
    one.on('error', () => one.destroy());
    one.on('close', () => other.destroy());
  }
}
