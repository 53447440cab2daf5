import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { ResourcePath } from '../api/resource-request.js';
import type { Pod } from '../model/pod.js';
import { ApiError } from '../store/api-error.js';
import type { ThinPool } from '../storage/thin-pool.js';
import type { Objects } from '../store/objects.js';
import { types } from '../store/resource-types.js';
import { ContainerFiles } from './container-files.js';
import { readExecRequest, type ExecRequest } from './exec-request.js';
import { programNames, runProgram, type ProgramEnd } from './programs.js';

/** As k8s.io/apimachinery pkg/util/remotecommand has them; the first byte of a message is its channel. */
const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const channel = { stdout: 1, stderr: 2, status: 3 } as const;
const chunkBytes = 32 * 1024;
const killed = 137;

/** Commands in Pods over WebSockets. */
export class ExecSessions {
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
  });

  constructor(
    private readonly objects: Objects,
    private readonly pool: ThinPool,
    private readonly onUnexpected: (error: unknown) => void,
  ) {}

  /** Takes over the connection of a request. @throws ApiError 400, 404 */
  begin(path: ResourcePath, query: URLSearchParams, request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const wish = readExecRequest(this.objects, path, query);
    this.#server.handleUpgrade(request, stream, head, (socket) => {
      socket.on('error', this.onUnexpected);
      void this.#run(wish, socket).catch((error: unknown) => {
        socket.terminate();
        this.onUnexpected(error);
      });
    });
  }

  /** Ends all connections. */
  stop(): void {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }

  async #run(wish: ExecRequest, socket: WebSocket): Promise<void> {
    // Each channel is opened with an empty message, as the API server does it.
    for (const one of Object.values(channel)) send(socket, one, '');
    const left = new AbortController();
    socket.once('close', () => {
      left.abort();
    });
    const gone = this.#awaitEnd(wish.pod, left.signal);
    const files = new ContainerFiles(this.objects, this.pool, wish.pod, wish.container);
    const program = runProgram(wish.command, { files, signal: left.signal });
    try {
      const end = await Promise.race([program, gone]);
      if (end !== undefined) {
        send(socket, channel.stdout, end.stdout);
        send(socket, channel.stderr, end.stderr);
      }
      send(socket, channel.status, JSON.stringify(end === undefined ? noProgram(wish) : statusOf(end)));
      socket.close();
    } catch (error) {
      if (!left.signal.aborted) throw error;
    } finally {
      left.abort();
      await program.catch(() => undefined);
    }
  }

  /** With the Pod its commands are killed. */
  #awaitEnd(pod: Pod, signal: AbortSignal): Promise<ProgramEnd> {
    return new Promise((resolve) => {
      const unsubscribe = this.objects.store.subscribe(({ kind, type, object }) => {
        if (kind !== 'DELETED' || type !== types.pods || object.metadata.uid !== pod.metadata.uid) return;
        resolve({ exitCode: killed, stdout: '', stderr: '' });
      });
      signal.addEventListener('abort', unsubscribe, { once: true });
    });
  }
}

/** A message of each channel at a time; an empty text is an empty message. */
function send(socket: WebSocket, one: number, text: string): void {
  const content = Buffer.from(text);
  for (let from = 0; from === 0 || from < content.length; from += chunkBytes) {
    socket.send(Buffer.concat([Buffer.of(one), content.subarray(from, from + chunkBytes)]));
  }
}

function statusOf({ exitCode }: ProgramEnd): object {
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  const message = `command terminated with non-zero exit code: exit status ${String(exitCode)}`;
  const details = { causes: [{ reason: 'ExitCode', message: String(exitCode) }] };
  return { metadata: {}, status: 'Failure', message, reason: 'NonZeroExitCode', details };
}

/** As a runtime that does not find the program; an embedded device has but a few. */
function noProgram({ command }: ExecRequest): object {
  const why = `exec: "${command[0] ?? ''}": not found: an embedded device runs no programs, it only plays ${programNames.join(', ')}`;
  return new ApiError(
    500,
    'InternalError',
    `Internal error occurred: error executing command in container: ${why}`,
  ).toStatus();
}
