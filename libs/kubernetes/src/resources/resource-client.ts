import { z } from 'zod';
import type { ApiConnection, ApiRequest } from '../api/api-connection.js';
import { isApiError, KubernetesApiError } from '../api/kubernetes-api-error.js';
import type { KubernetesObject } from '../objects/object-meta.js';
import { watchUntil, type WatchEvent, type WatchSource } from '../wait/watch-until.js';
import type {
  CallOptions,
  PatchOptions,
  RemoveOptions,
  ResourceApi,
  ScalableApi,
  WaitOptions,
} from './resource-api.js';
import {
  collectionPath,
  objectPath,
  type ObjectKey,
  type ResourceDefinition,
  type Scope,
} from './resource-definition.js';

const mergePatch = 'application/merge-patch+json';

/** The server ends a watch after this time; a little later it is taken for dead. */
const watchSeconds = 60;
const watchGraceMs = 10_000;

const List = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string() }),
  items: z.array(z.unknown()).nullish(),
});
const Line = z.looseObject({ type: z.string(), object: z.unknown() });
const Bookmark = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string() }) });
const Failure = z.looseObject({
  code: z.number().optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
});

/** The objects of one kind at an API server. */
export class ResourceClient<T extends KubernetesObject> implements ResourceApi<T>, ScalableApi<T> {
  constructor(
    protected readonly connection: ApiConnection,
    private readonly definition: ResourceDefinition<T>,
  ) {}

  async get(key: ObjectKey, options: CallOptions = {}): Promise<T | undefined> {
    try {
      return this.#parse(
        await this.connection.send({ method: 'GET', path: objectPath(this.definition, key), signal: options.signal }),
      );
    } catch (error) {
      if (isApiError(error, 404)) return undefined;
      throw error;
    }
  }

  async list(scope: Scope, options: CallOptions = {}): Promise<readonly T[]> {
    return (await this.#list(scope, options.signal)).items;
  }

  async create(namespace: string | undefined, manifest: object, options: CallOptions = {}): Promise<T> {
    return this.#parse(await this.connection.send(this.#creation(namespace, manifest, options)));
  }

  async tryCreate(namespace: string | undefined, manifest: object, options: CallOptions = {}): Promise<void> {
    // What is answered was never stored: it has no version.
    await this.connection.send({ ...this.#creation(namespace, manifest, options), query: { dryRun: 'All' } });
  }

  async patch(key: ObjectKey, patch: object, { signal, dryRun = false }: PatchOptions = {}): Promise<T> {
    const path = objectPath(this.definition, key);
    const query = dryRun ? { dryRun: 'All' } : {};
    const request = { method: 'PATCH', path, query, body: patch, contentType: mergePatch, signal } as const;
    return this.#parse(await this.connection.send(request));
  }

  async scale(workload: T, replicas: number, options: CallOptions = {}): Promise<void> {
    const { uid, resourceVersion } = workload.metadata;
    await this.connection.send({
      method: 'PATCH',
      path: `${objectPath(this.definition, keyOf(workload))}/scale`,
      contentType: mergePatch,
      body: { metadata: { uid, resourceVersion }, spec: { replicas } },
      signal: options.signal,
    });
  }

  async remove(key: ObjectKey, uid: string, options: RemoveOptions = {}): Promise<void> {
    const { resourceVersion } = options;
    const preconditions = { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions };
    try {
      await this.connection.send({
        method: 'DELETE',
        path: objectPath(this.definition, key),
        body,
        signal: options.signal,
      });
    } catch (error) {
      const another = resourceVersion === undefined && isApiError(error, 409, 'Conflict');
      if (!isApiError(error, 404) && !another) throw error;
    }
  }

  waitFor<R>(key: ObjectKey, decide: (object: T | undefined) => R | undefined, options: WaitOptions): Promise<R> {
    const scope = { ...namespaceOf(key), fieldSelector: `metadata.name=${key.name}` };
    return this.waitForAll(
      scope,
      (objects) => decide(objects.find(({ metadata }) => metadata.name === key.name)),
      options,
    );
  }

  waitForAll<R>(scope: Scope, decide: (objects: readonly T[]) => R | undefined, options: WaitOptions): Promise<R> {
    const source: WatchSource<T> = {
      name: `${this.definition.kind}${scope.namespace === undefined ? '' : ` in ${scope.namespace}`}`,
      list: (signal) => this.#list(scope, signal),
      watch: (resourceVersion, signal) => this.#watch(scope, resourceVersion, signal),
    };
    return watchUntil(source, decide, options);
  }

  #creation(namespace: string | undefined, manifest: object, { signal }: CallOptions): ApiRequest {
    const { apiVersion, kind } = this.definition;
    const path = collectionPath(this.definition, namespace);
    return { method: 'POST', path, body: { ...manifest, apiVersion, kind }, signal };
  }

  async #list(
    scope: Scope,
    signal: AbortSignal | undefined,
  ): Promise<{ items: readonly T[]; resourceVersion: string }> {
    const path = collectionPath(this.definition, scope.namespace);
    const query = { fieldSelector: scope.fieldSelector };
    const list = List.parse(await this.connection.send({ method: 'GET', path, query, signal }));
    const items = (list.items ?? []).map((item) => this.#parse(item));
    return { items, resourceVersion: list.metadata.resourceVersion };
  }

  async *#watch(scope: Scope, resourceVersion: string, signal: AbortSignal): AsyncGenerator<WatchEvent<T>> {
    const silence = AbortSignal.timeout(watchSeconds * 1000 + watchGraceMs);
    const lines = this.connection.lines({
      method: 'GET',
      path: collectionPath(this.definition, scope.namespace),
      query: {
        fieldSelector: scope.fieldSelector,
        watch: 'true',
        resourceVersion,
        allowWatchBookmarks: 'true',
        timeoutSeconds: String(watchSeconds),
      },
      signal: AbortSignal.any([signal, silence]),
    });
    for await (const line of lines) {
      const event = this.#event(line);
      if (event !== undefined) yield event;
    }
  }

  #event(line: string): WatchEvent<T> | undefined {
    const { type, object } = Line.parse(parseLine(this.definition.plural, line));
    if (type === 'BOOKMARK') return { type, resourceVersion: Bookmark.parse(object).metadata.resourceVersion };
    if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') return { type, object: this.#parse(object) };
    if (type !== 'ERROR') return undefined;
    const failure = Failure.parse(object);
    const reason = failure.reason ?? 'Unknown';
    const message = `watch of ${this.definition.plural}: ${failure.message ?? reason}`;
    throw new KubernetesApiError(failure.code ?? 500, reason, message);
  }

  /** An object that is not as documented is a fault of the server, named with the field. */
  #parse(object: unknown): T {
    const parsed = this.definition.schema.safeParse(object);
    if (parsed.success) return parsed.data;
    const message = `the API server sent a ${this.definition.kind} that is none: ${z.prettifyError(parsed.error)}`;
    throw new KubernetesApiError(200, 'UnexpectedObject', message, { cause: parsed.error });
  }
}

const namespaceOf = (key: ObjectKey): { namespace?: string } =>
  key.namespace === undefined ? {} : { namespace: key.namespace };

/** The key of an object that was read. */
export function keyOf(object: KubernetesObject): ObjectKey {
  const { name, namespace } = object.metadata;
  return namespace === undefined ? { name } : { name, namespace };
}

function parseLine(plural: string, line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (cause) {
    throw new KubernetesApiError(0, 'BrokenLine', `watch of ${plural}: a line is no JSON`, { cause });
  }
}
