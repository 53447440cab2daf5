import { setTimeout as sleep } from 'node:timers/promises';
import { BackOff } from '../api/back-off.js';
import { isApiError, KubernetesApiError } from '../api/kubernetes-api-error.js';
import type { KubernetesObject } from '../objects/object-meta.js';
import { WaitDeadlineError } from './wait-deadline-error.js';

/** One line of a watch. */
export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/** Where objects come from: a list and, from its version on, the changes. */
export interface WatchSource<T> {
  readonly name: string;
  list(signal: AbortSignal): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }>;
  /** Ends when the server ends it. @throws KubernetesApiError 410 where the version is too old */
  watch(resourceVersion: string, signal: AbortSignal): AsyncIterable<WatchEvent<T>>;
}

/** setTimeout counts milliseconds in 31 bits. */
const longestTimerMs = 2 ** 31 - 1;
/** A watch that lasted this long was no failure to be backed off from. */
const steadyMs = 1_000;

/** Why the waiting was ended by the one who decides. */
class DecisionFailed extends Error {}

/** The objects of a source as of the last event. */
class Cache<T extends KubernetesObject, R> {
  readonly objects = new Map<string, T>();
  /** undefined: has to be listed first. */
  resourceVersion: string | undefined;

  constructor(private readonly decide: (objects: readonly T[]) => R | undefined) {}

  fill(items: readonly T[], resourceVersion: string): R | undefined {
    this.objects.clear();
    for (const item of items) this.objects.set(item.metadata.uid, item);
    this.resourceVersion = resourceVersion;
    return this.#decide();
  }

  apply(event: WatchEvent<T>): R | undefined {
    if (event.type === 'BOOKMARK') {
      this.resourceVersion = event.resourceVersion;
      return undefined;
    }
    const { uid, resourceVersion } = event.object.metadata;
    this.resourceVersion = resourceVersion;
    if (event.type === 'DELETED') this.objects.delete(uid);
    else this.objects.set(uid, event.object);
    return this.#decide();
  }

  #decide(): R | undefined {
    try {
      return this.decide([...this.objects.values()]);
    } catch (cause) {
      throw new DecisionFailed('the decision on what was awaited failed', { cause });
    }
  }
}

async function listAndWatch<T extends KubernetesObject, R>(
  source: WatchSource<T>,
  cache: Cache<T, R>,
  signal: AbortSignal,
): Promise<R | undefined> {
  if (cache.resourceVersion === undefined) {
    const { items, resourceVersion } = await source.list(signal);
    const result = cache.fill(items, resourceVersion);
    if (result !== undefined) return result;
  }
  if (signal.aborted) return undefined;
  for await (const event of source.watch(cache.resourceVersion ?? '', signal)) {
    const result = cache.apply(event);
    if (result !== undefined) return result;
  }
  return undefined;
}

/**
 * Lists, then watches until `decide` returns something. A dropped or ended watch is taken up again from the last version
 * seen, with back-off; what is too old (410) is listed again.
 * @throws WaitDeadlineError, what `decide` throws, a KubernetesApiError that will not pass, or the signal's reason
 */
export async function watchUntil<T extends KubernetesObject, R>(
  source: WatchSource<T>,
  decide: (objects: readonly T[]) => R | undefined,
  options: { readonly deadlineMs: number; readonly signal?: AbortSignal | undefined },
): Promise<R> {
  options.signal?.throwIfAborted();
  const stop = new AbortController();
  const deadline = sleep(Math.min(options.deadlineMs, longestTimerMs), undefined, { signal: stop.signal }).then(
    () => {
      stop.abort();
    },
    () => undefined,
  );
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const cache = new Cache(decide);
  const backOff = new BackOff(100, 5_000);
  let lastFailure: unknown;
  try {
    for (;;) {
      const beganMs = performance.now();
      try {
        const result = await listAndWatch(source, cache, signal);
        if (result !== undefined) return result;
      } catch (error) {
        lastFailure = orThrow(error, signal, cache);
      }
      if (performance.now() - beganMs > steadyMs) backOff.reset();
      await backOff.wait(signal).catch(() => undefined);
      options.signal?.throwIfAborted();
      if (signal.aborted) throw waitEnded(source.name, options.deadlineMs, [...cache.objects.values()], lastFailure);
    }
  } finally {
    stop.abort();
    await deadline;
  }
}

/** An error with which watching can go on; a version that is too old is forgotten. */
function orThrow(error: unknown, signal: AbortSignal, cache: { resourceVersion: string | undefined }): unknown {
  if (error instanceof DecisionFailed) throw error.cause;
  if (!signal.aborted && !canGoOn(error)) throw error;
  if (isApiError(error, 410)) cache.resourceVersion = undefined;
  return error;
}

function canGoOn(error: unknown): boolean {
  return error instanceof KubernetesApiError && (error.passing || error.status === 410);
}

function waitEnded(name: string, deadlineMs: number, lastSeen: readonly unknown[], cause: unknown): WaitDeadlineError {
  const message = `${name}: what was awaited did not come within ${String(Math.round(deadlineMs / 1000))} s`;
  return new WaitDeadlineError(message, lastSeen, cause === undefined ? undefined : { cause });
}
