import type { WebSocket } from 'ws';
import type { ApiConnection } from '../api/api-connection.js';
import { BackOff } from '../api/back-off.js';
import { KubernetesApiError } from '../api/kubernetes-api-error.js';
import type { SocketRequest } from '../api/open-socket.js';
import type { Pod } from '../objects/pod.js';
import { resources } from '../resources/definitions.js';
import type { WaitOptions } from '../resources/resource-api.js';
import { ResourceClient } from '../resources/resource-client.js';
import { objectPath, type ObjectKey } from '../resources/resource-definition.js';
import { ExecChannels, execProtocols } from './exec-channels.js';
import { ExecDeadlineError } from './exec-deadline-error.js';
import type { ExecResult, PodApi, PodCommand } from './pod-exec-api.js';

/** Answers of an API server that has not looked at the request. */
const busy: ReadonlySet<number> = new Set([429, 503]);

/** The Pods at an API server. */
export class PodClient extends ResourceClient<Pod> implements PodApi {
  constructor(connection: ApiConnection) {
    super(connection, resources.pods);
  }

  async exec(key: ObjectKey, wish: PodCommand, options: WaitOptions): Promise<ExecResult> {
    const name = `exec in container ${wish.container} of Pod ${key.name}`;
    const channels = new ExecChannels(name);
    const deadline = AbortSignal.timeout(options.deadlineMs);
    const signal = options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline]);
    try {
      const exitCode = await this.#run(key, wish, channels, signal);
      return { exitCode, stdout: channels.stdout.toString(), stderr: channels.stderr.toString() };
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!deadline.aborted || error instanceof KubernetesApiError) throw error;
      const late = `${name}: it did not end within ${String(options.deadlineMs / 1000)} s`;
      throw new ExecDeadlineError(late, channels.stdout.toString(), channels.stderr.toString());
    }
  }

  async #run(key: ObjectKey, wish: PodCommand, channels: ExecChannels, signal: AbortSignal): Promise<number> {
    const { name } = channels;
    const ended = Promise.withResolvers<number>();
    ended.promise.catch(() => undefined);
    const onMessage = (message: Buffer): void => {
      try {
        const exitCode = channels.take(message);
        if (exitCode !== undefined) ended.resolve(exitCode);
      } catch (error) {
        ended.reject(error);
      }
    };
    const path = `${objectPath(resources.pods, key)}/exec`;
    const socket = await this.#open({ name, path, query: queryOf(wish), protocols: execProtocols, onMessage }, signal);
    socket.once('close', () => {
      ended.reject(KubernetesApiError.ofSilence(name, new Error('the connection ended before the command did')));
    });
    return endOf(socket, ended.promise, signal);
  }

  /** Tried again where the command has certainly not begun. */
  async #open(request: SocketRequest, signal: AbortSignal): Promise<WebSocket> {
    const backOff = new BackOff(200, 3_000);
    for (;;) {
      try {
        return await this.connection.socket(request, signal);
      } catch (error) {
        if (signal.aborted || !wasTurnedAway(error)) throw error;
        await backOff.wait(signal).catch(() => {
          throw error;
        });
      }
    }
  }
}

/** Waits for the end of the command, and ends the connection whatever comes of it. */
async function endOf(socket: WebSocket, ended: Promise<number>, signal: AbortSignal): Promise<number> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => {
    aborted.reject(signal.reason as Error);
  };
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([ended, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    if (signal.aborted) socket.terminate();
    else socket.close();
  }
}

function queryOf({ container, command }: PodCommand): URLSearchParams {
  const words = command.map((word): [string, string] => ['command', word]);
  return new URLSearchParams([['container', container], ['stdout', 'true'], ['stderr', 'true'], ...words]);
}

function wasTurnedAway(error: unknown): boolean {
  if (!(error instanceof KubernetesApiError)) return false;
  const { cause } = error;
  return busy.has(error.status) || (cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED');
}
