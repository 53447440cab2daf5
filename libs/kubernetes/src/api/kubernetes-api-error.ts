import { z } from 'zod';

const Status = z.looseObject({ reason: z.string().optional(), message: z.string().optional() });

const passingStatuses: ReadonlySet<number> = new Set([0, 429, 500, 502, 503, 504]);

/** What the API server refused, or that it could not be reached (`status` 0). */
export class KubernetesApiError extends Error {
  override readonly name = 'KubernetesApiError';

  constructor(
    /** HTTP status; 0 where there was no answer. */
    readonly status: number,
    /** Machine-readable reason of the Status object, such as `AlreadyExists` or `Conflict`. */
    readonly reason: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** The same request may succeed later: no answer, overload or a failing server. */
  get passing(): boolean {
    return passingStatuses.has(this.status);
  }

  /** The error of an answer that is not 2xx. */
  static ofAnswer(request: string, status: number, body: string): KubernetesApiError {
    const parsed = Status.safeParse(parseOrUndefined(body));
    const reason = parsed.data?.reason ?? 'Unknown';
    const message = parsed.data?.message ?? body.slice(0, 512);
    return new KubernetesApiError(status, reason, `${request}: ${String(status)} ${reason}: ${message}`);
  }

  /** The error of a request that was refused by an API server that is not ready: it may be allowed. */
  static ofStart(refusal: KubernetesApiError): KubernetesApiError {
    const options = { cause: refusal };
    return new KubernetesApiError(503, 'NotReady', `the API server is not ready yet: ${refusal.message}`, options);
  }

  /** The error of a request that got no answer. */
  static ofSilence(request: string, cause: unknown): KubernetesApiError {
    const why =
      cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : 'unknown';
    return new KubernetesApiError(0, 'NoAnswer', `${request}: no answer from the API server: ${why}`, { cause });
  }
}

function parseOrUndefined(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** Whether it is an API error of this HTTP status, and of this reason where one is given. */
export function isApiError(thrown: unknown, status: number, reason?: string): thrown is KubernetesApiError {
  return (
    thrown instanceof KubernetesApiError &&
    thrown.status === status &&
    (reason === undefined || thrown.reason === reason)
  );
}
