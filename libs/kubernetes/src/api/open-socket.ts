import type { RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { KubeConfig } from '@kubernetes/client-node';
import { WebSocket } from 'ws';
import { KubernetesApiError } from './kubernetes-api-error.js';

/** What is asked for over a WebSocket. */
export interface SocketRequest {
  /** For errors. The query is left out of them: it may hold what nobody should read. */
  readonly name: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly protocols: readonly string[];
  /** Called for each message from the first one on. */
  readonly onMessage: (message: Buffer) => void;
}

const largestMessageBytes = 4 << 20;
const longestAnswer = 4096;

/**
 * Opens a WebSocket to the API server with the credentials of the kubeconfig.
 * @throws KubernetesApiError what the API server answered instead, or that nothing did; the signal's reason
 */
export async function openSocket(config: KubeConfig, request: SocketRequest, signal: AbortSignal): Promise<WebSocket> {
  signal.throwIfAborted();
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new KubernetesApiError(0, 'NoCluster', 'the kubeconfig names no current cluster');
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const url = `${cluster.server.replace(/\/+$/, '').replace(/^http/, 'ws')}${request.path}?${request.query.toString()}`;
  const socket = new WebSocket(url, [...request.protocols], {
    ...options,
    followRedirects: false,
    maxPayload: largestMessageBytes,
    perMessageDeflate: false,
  });
  socket.on('message', (data: Buffer) => {
    request.onMessage(data);
  });
  await opened(socket, request.name, signal);
  return socket;
}

function opened(socket: WebSocket, name: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error);
      socket.terminate();
    };
    signal.addEventListener('abort', abort, { once: true });
    const settled = (): void => {
      signal.removeEventListener('abort', abort);
    };
    socket.once('open', () => {
      settled();
      resolve();
    });
    // Stays for the whole life of the socket: an error that nobody listens to would end the process.
    socket.on('error', (cause) => {
      settled();
      reject(KubernetesApiError.ofSilence(name, cause));
    });
    socket.once('unexpected-response', (_request, response: IncomingMessage) => {
      void bodyOf(response).then((body) => {
        settled();
        reject(KubernetesApiError.ofAnswer(name, response.statusCode ?? 0, body));
        socket.terminate();
      });
    });
  });
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  let body = '';
  try {
    for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
      body += chunk;
      if (body.length > longestAnswer) break;
    }
  } catch {
    // The status alone tells enough.
  }
  return body;
}
