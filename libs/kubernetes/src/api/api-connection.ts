import { HttpMethod, RequestContext, type KubeConfig } from '@kubernetes/client-node';
import { fetch, type Dispatcher, type Response } from 'undici';
import type { WebSocket } from 'ws';
import { BackOff } from './back-off.js';
import { KubernetesApiError } from './kubernetes-api-error.js';
import { openSocket, type SocketRequest } from './open-socket.js';

/** One request to the API server. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
}

const retriedStatuses: ReadonlySet<number> = new Set([0, 429, 502, 503, 504]);
/** About ten seconds: a MicroShift that restarts its API server is waited for. */
const attempts = 8;
/** What an API server also answers while it starts: it does not know its roles and accounts yet. */
const refusals: ReadonlySet<number> = new Set([401, 403]);
/** Everybody may ask for it, and it is answered before the roles are known. */
const readiness: ApiRequest = { method: 'GET', path: '/readyz' };

/**
 * HTTP to one API server with the credentials of a kubeconfig. Objects stay plain JSON: the generated clients of
 * @kubernetes/client-node drop the fields that they do not know and turn times into Dates, so a Pod manifest could not
 * be put back exactly as it was.
 */
export class ApiConnection {
  #dispatcher: Dispatcher | undefined;

  constructor(
    private readonly config: KubeConfig,
    private readonly requestDeadlineMs: number,
  ) {}

  /**
   * Sends a request and reads the JSON answer. No answer, 429 and 502 to 504 are tried again within the deadline: all
   * writes here are creations by name, or carry a precondition, so that a repeated one is noticed. So is what
   * an API server refuses that is not ready.
   * @throws KubernetesApiError, or the reason of the caller's signal
   */
  async send(request: ApiRequest): Promise<unknown> {
    const deadline = AbortSignal.timeout(this.requestDeadlineMs);
    const signal = request.signal === undefined ? deadline : AbortSignal.any([request.signal, deadline]);
    const backOff = new BackOff(200, 3_000);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#sendOnce(request, signal);
      } catch (error) {
        request.signal?.throwIfAborted();
        const again = error instanceof KubernetesApiError && retriedStatuses.has(error.status);
        if (!again || attempt === attempts || signal.aborted) throw error;
        await backOff.wait(signal).catch(() => {
          throw error;
        });
      }
    }
  }

  /**
   * The lines of a streamed answer, until the server or the signal ends it.
   * @throws KubernetesApiError
   */
  async *lines(request: ApiRequest & { readonly signal: AbortSignal }): AsyncGenerator<string> {
    const response = await this.#open(request, request.signal);
    if (response.body === null) return;
    let rest = '';
    try {
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
        const parts = (rest + chunk).split('\n');
        rest = parts.pop() ?? '';
        yield* parts.filter((line) => line.trim() !== '');
      }
    } catch (cause) {
      throw KubernetesApiError.ofSilence(nameOf(request), cause);
    }
  }

  /**
   * Opens a WebSocket, once.
   * @throws KubernetesApiError, or the signal's reason
   */
  socket(request: SocketRequest, signal: AbortSignal): Promise<WebSocket> {
    return openSocket(this.config, request, signal);
  }

  async #sendOnce(request: ApiRequest, signal: AbortSignal): Promise<unknown> {
    const response = await this.#open(request, signal);
    try {
      return await response.json();
    } catch (cause) {
      throw KubernetesApiError.ofSilence(nameOf(request), cause);
    }
  }

  /** Opens a request; that it is refused counts only if the API server was ready before. */
  async #open(request: ApiRequest, signal: AbortSignal): Promise<Response> {
    try {
      return await this.#openOnce(request, signal);
    } catch (refusal) {
      if (!isRefusal(refusal)) throw refusal;
      if (!(await this.#isReady(signal))) throw KubernetesApiError.ofStart(refusal);
      return this.#openOnce(request, signal);
    }
  }

  /** Whether the API server says that it is ready, or says nothing about it. */
  async #isReady(signal: AbortSignal): Promise<boolean> {
    try {
      const response = await this.#openOnce(readiness, signal);
      await response.body?.cancel();
      return true;
    } catch (error) {
      return error instanceof KubernetesApiError && !error.passing;
    }
  }

  async #openOnce(request: ApiRequest, signal: AbortSignal): Promise<Response> {
    const context = await this.#authenticated(request);
    let response: Response;
    try {
      response = await fetch(context.getUrl(), {
        method: request.method,
        headers: { ...context.getHeaders(), accept: 'application/json', ...bodyHeaders(request) },
        body: request.body === undefined ? null : JSON.stringify(request.body),
        signal,
        redirect: 'error',
        ...(this.#dispatcher === undefined ? {} : { dispatcher: this.#dispatcher }),
      });
    } catch (cause) {
      // A rotated certificate authority is read with the next connection.
      this.#dispatcher = undefined;
      throw KubernetesApiError.ofSilence(nameOf(request), cause);
    }
    if (response.ok) return response;
    const body = await response.text().catch(() => '');
    throw KubernetesApiError.ofAnswer(nameOf(request), response.status, body);
  }

  async #authenticated(request: ApiRequest): Promise<RequestContext> {
    const cluster = this.config.getCurrentCluster();
    if (cluster === null) throw new KubernetesApiError(0, 'NoCluster', 'the kubeconfig names no current cluster');
    const url = new URL(cluster.server.replace(/\/+$/, '') + request.path);
    for (const [key, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(key, value);
    }
    const context = new RequestContext(url.toString(), HttpMethod.GET);
    await this.config.applySecurityAuthentication(context);
    // The library makes a new dispatcher for every call; one is kept so that connections are used again.
    this.#dispatcher ??= context.getDispatcher();
    return context;
  }
}

const isRefusal = (thrown: unknown): thrown is KubernetesApiError =>
  thrown instanceof KubernetesApiError && refusals.has(thrown.status);

const nameOf = (request: ApiRequest): string => `${request.method} ${request.path}`;

function bodyHeaders(request: ApiRequest): Record<string, string> {
  return request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' };
}
