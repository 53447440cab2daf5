import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { isExecPath } from '../exec/exec-request.js';
import type { ExecSessions } from '../exec/exec-sessions.js';
import { ApiError, badRequest } from '../store/api-error.js';
import type { Objects } from '../store/objects.js';
import { accessReviewPath, reviewAccess } from './access-review.js';
import { discover } from './discovery.js';
import { ResourceHandler, type ResourceRequest } from './resource-handler.js';
import { noSuchPath, parseResourcePath } from './resource-request.js';
import { WatchStream } from './watch-stream.js';

const largestBodyBytes = 3 << 20;
const healthPaths = new Set(['/readyz', '/livez', '/healthz']);

/** The Kubernetes API of one device over HTTP on 127.0.0.1, for holders of its token. */
export class ApiServer {
  readonly #handler: ResourceHandler;
  readonly #watches = new Set<WatchStream>();
  readonly #server: Server;

  constructor(
    private readonly objects: Objects,
    private readonly token: string,
    private readonly exec: ExecSessions,
    private readonly onUnexpected: (error: unknown) => void,
  ) {
    this.#handler = new ResourceHandler(objects);
    this.#server = createServer((request, response) => {
      void this.#serve(request, response);
    });
    this.#server.on('upgrade', (request, stream, head) => {
      this.#upgrade(request, stream, head);
    });
  }

  /** Listens on a port, 0 for any that is free, and returns the URL. */
  async start(port: number): Promise<string> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Ends all watches and connections. */
  async stop(): Promise<void> {
    for (const watch of this.#watches) watch.stop();
    this.exec.stop();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(request, response);
    } catch (error) {
      const failure = this.#failure(error);
      if (response.headersSent) response.end();
      else send(response, failure.code, failure.toStatus());
    }
  }

  /** A connection that is to become a WebSocket: only a command in a Pod is asked for so. */
  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? '/', 'http://device');
    try {
      this.#authenticate(request);
      const path = parseResourcePath(url.pathname);
      if (!isExecPath(path)) throw noSuchPath();
      this.exec.begin(path, url.searchParams, request, stream, head);
    } catch (error) {
      stream.on('error', () => stream.destroy());
      const failure = this.#failure(error);
      const body = JSON.stringify(failure.toStatus());
      const fields = `content-type: application/json\r\ncontent-length: ${String(Buffer.byteLength(body))}\r\nconnection: close`;
      stream.end(`HTTP/1.1 ${String(failure.code)} ${failure.reason}\r\n${fields}\r\n\r\n${body}`);
    }
  }

  #failure(error: unknown): ApiError {
    if (error instanceof ApiError) return error;
    this.onUnexpected(error);
    return new ApiError(500, 'InternalError', 'Internal error occurred');
  }

  #authenticate(request: IncomingMessage): void {
    if (request.headers.authorization !== `Bearer ${this.token}`)
      throw new ApiError(401, 'Unauthorized', 'Unauthorized');
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://device');
    if (healthPaths.has(url.pathname)) {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('ok');
      return;
    }
    this.#authenticate(request);
    const discovered = request.method === 'GET' ? discover(url.pathname) : undefined;
    if (discovered !== undefined) {
      send(response, 200, discovered);
      return;
    }
    if (!/^\/apis?\//.test(url.pathname)) throw noSuchPath();
    const body = await readBody(request);
    if (request.method === 'POST' && url.pathname === accessReviewPath) {
      send(response, 201, reviewAccess(body));
      return;
    }
    const path = parseResourcePath(url.pathname);
    if (isExecPath(path)) throw badRequest('Upgrade request required');
    const resourceRequest: ResourceRequest = {
      method: request.method ?? 'GET',
      path,
      query: url.searchParams,
      contentType: request.headers['content-type'] ?? 'application/json',
      body,
    };
    if (isWatch(resourceRequest)) this.#watch(resourceRequest, response);
    else {
      const { status, body } = this.#handler.answer(resourceRequest);
      send(response, status, body);
    }
  }

  #watch(request: ResourceRequest, response: ServerResponse): void {
    const { query, path } = request;
    const watch = new WatchStream(
      this.objects.store,
      {
        type: path.type,
        selection: this.#handler.selectionOf(request),
        resourceVersion: number(query, 'resourceVersion'),
        bookmarks: isOn(query.get('allowWatchBookmarks')),
        timeoutSeconds: number(query, 'timeoutSeconds'),
      },
      response,
    );
    this.#watches.add(watch);
    response.on('close', () => this.#watches.delete(watch));
    watch.start();
  }
}

const isOn = (value: string | null): boolean => value === 'true' || value === '1';

const isWatch = ({ method, query }: ResourceRequest): boolean => method === 'GET' && isOn(query.get('watch'));

function number(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw badRequest(`${name}: Invalid value: "${text}": must be a number`);
  return Number(text);
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > largestBodyBytes) {
      throw new ApiError(413, 'RequestEntityTooLarge', `limit is ${String(largestBodyBytes)} bytes`);
    }
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch {
    throw badRequest('the object provided is unrecognized: it is not JSON');
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
