import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';

/** How to reach the API server. */
export interface ApiServer {
  readonly port: number;
  /** Without one it is spoken to in plain HTTP. */
  readonly certificatePath?: string;
  readonly token: string;
}

/** An answer of the API server that is not 2xx. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const requestDeadlineMs = 30_000;

/**
 * Requests to the API server that send objects as they are: @kubernetes/client-node drops fields that its types do not
 * have, such as `x-kubernetes-int-or-string` in a CustomResourceDefinition.
 */
export class ApiRequests {
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;
  readonly #server: ApiServer;

  constructor(server: ApiServer) {
    this.#server = server;
    const { certificatePath } = server;
    if (certificatePath === undefined) {
      this.#agent = new http.Agent({ keepAlive: true });
      this.#request = http.request;
    } else {
      this.#agent = new https.Agent({ keepAlive: true, ca: readFileSync(certificatePath) });
      this.#request = https.request;
    }
  }

  get(path: string): Promise<unknown> {
    return this.send('GET', path);
  }

  post(path: string, body: unknown): Promise<unknown> {
    return this.send('POST', path, body);
  }

  mergePatch(path: string, body: unknown): Promise<unknown> {
    return this.send('PATCH', path, body);
  }

  close(): void {
    this.#agent.destroy();
  }

  /** @throws ApiError where the answer is not 2xx */
  send(method: string, path: string, body?: unknown): Promise<unknown> {
    const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const text = body === undefined ? '' : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const outgoing = this.#request(
        {
          agent: this.#agent,
          host: '127.0.0.1',
          port: this.#server.port,
          method,
          path,
          headers: {
            authorization: `Bearer ${this.#server.token}`,
            'content-type': contentType,
            // Node.js does not tell the length for a DELETE, and the server would take the body for the next request.
            'content-length': Buffer.byteLength(text),
          },
          signal: AbortSignal.timeout(requestDeadlineMs),
        },
        (incoming) => {
          let answer = '';
          incoming.setEncoding('utf8');
          incoming.on('data', (part: string) => (answer += part)).on('error', reject);
          incoming.on('end', () => {
            const status = incoming.statusCode ?? 0;
            if (status >= 200 && status < 300) resolve(parsed(answer));
            else reject(new ApiError(status, `${method} ${path}: ${String(status)} ${answer}`));
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(text);
    });
  }
}

/** `/readyz` and its like answer in plain text. */
function parsed(text: string): unknown {
  return text.startsWith('{') ? JSON.parse(text) : text;
}
