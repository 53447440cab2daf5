import { SnapfleetError, type Namespace } from '@snapfleet/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, type Dispatcher } from 'undici';
import type { z } from 'zod';
import {
  ErrorAnswer,
  HooksAnswer,
  hooksPath,
  TimerAnswer,
  TimerList,
  timerPath,
  timersPath,
  type TimerOrder,
} from './guard-protocol.js';
import type { Patience, TimerKey, WorkloadGuard } from './workload-guard.js';

/** A guard that is well answers in milliseconds; it writes to its disk before. */
const answerMs = 5_000;
const pauseMs = 100;
/** A timer that fires is ended before its answer comes; others must not wait behind it. */
const connections = 16;

interface Question {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
}

/** Asks the workload guard by its unix socket. The socket need not be there yet. */
export class GuardClient implements WorkloadGuard {
  readonly #pool: Pool;

  constructor(private readonly socketPath: string) {
    const timeouts = { connectTimeout: answerMs, headersTimeout: answerMs, bodyTimeout: answerMs };
    this.#pool = new Pool('http://workload-guard', { socketPath, connections, ...timeouts });
  }

  async arm(key: TimerKey, order: TimerOrder, patience: Patience): Promise<{ readonly dueAt: string }> {
    const answer = await this.#ask({ method: 'PUT', path: timerPath(key), body: order }, TimerAnswer, patience);
    if (answer?.state === 'armed') return { dueAt: answer.dueAt };
    throw this.#unavailable(new Error(`the timer is ${answer?.state ?? 'not there'} after it was armed`));
  }

  find(key: TimerKey, patience: Patience): Promise<TimerAnswer | undefined> {
    return this.#ask({ method: 'GET', path: timerPath(key) }, TimerAnswer, patience);
  }

  async disarm(key: TimerKey, patience: Patience): Promise<TimerAnswer> {
    const answer = await this.#ask({ method: 'DELETE', path: timerPath(key) }, TimerAnswer, patience);
    if (answer === undefined) throw this.#unavailable(new Error('it knows no timers'));
    return answer;
  }

  async list(patience: Patience): Promise<readonly TimerAnswer[]> {
    const answer = await this.#ask({ method: 'GET', path: `/${timersPath}` }, TimerList, patience);
    return answer?.timers ?? [];
  }

  async expectHooks(namespace: Namespace, patience: Patience): Promise<void> {
    const answer = await this.#ask({ method: 'GET', path: `/${hooksPath}/${namespace}` }, HooksAnswer, patience);
    if (answer === undefined) throw this.#unavailable(new Error('it knows no hooks'));
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  /** Every question is idempotent, so that one without an answer is asked again. */
  async #ask<T>(question: Question, schema: z.ZodType<T>, { patienceMs, signal }: Patience): Promise<T | undefined> {
    const end = performance.now() + patienceMs;
    for (;;) {
      signal.throwIfAborted();
      try {
        return await this.#askOnce(question, schema, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof SnapfleetError) throw error;
        if (performance.now() + pauseMs > end) throw this.#unavailable(error);
        await sleep(pauseMs, undefined, { signal });
      }
    }
  }

  async #askOnce<T>(
    { method, path, body }: Question,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const request: Dispatcher.RequestOptions = { method, path, signal };
    const answer = await this.#pool.request(
      body === undefined
        ? request
        : { ...request, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    );
    const json: unknown = await answer.body.json();
    if (answer.statusCode === 200) return schema.parse(json);
    if (answer.statusCode === 404) return undefined;
    const { error } = ErrorAnswer.parse(json);
    // A guard that cannot write, for example on a full disk, is as good as none.
    if (answer.statusCode >= 500) throw new Error(error.message);
    throw SnapfleetError.fromDetail(error);
  }

  #unavailable(cause: unknown): SnapfleetError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new SnapfleetError('guard_unavailable', `workload-guard at ${this.socketPath}: ${why}`, { cause });
  }
}
