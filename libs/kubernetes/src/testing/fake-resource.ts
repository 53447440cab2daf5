import { KubernetesApiError } from '../api/kubernetes-api-error.js';
import type { KubernetesObject } from '../objects/object-meta.js';
import type { PatchOptions, RemoveOptions, ScalableApi } from '../resources/resource-api.js';
import { keyOf } from '../resources/resource-client.js';
import type { ObjectKey, Scope } from '../resources/resource-definition.js';
import { WaitDeadlineError } from '../wait/wait-deadline-error.js';

/** What the objects of one cluster have in common: versions, the order of writes, and the controllers that react. */
export interface FakeWorld {
  nextVersion(): string;
  record(write: string): void;
  /** Lets the controllers work until nothing changes any more. */
  settle(): void;
}

interface Draft {
  readonly metadata: { readonly name: string; readonly namespace?: string } & Record<string, unknown>;
}

const at = ({ namespace = '', name }: ObjectKey): string => `${namespace}/${name}`;
const conflict = (what: string): KubernetesApiError => new KubernetesApiError(409, 'Conflict', what);

/** One kind of object in memory: uids, versions, preconditions and finalizers as the API server has them. */
export class FakeResource<T extends KubernetesObject> implements ScalableApi<T> {
  readonly objects = new Map<string, T>();
  /** What the API server refuses to create, and with what; undefined: it admits it. */
  admission: (manifest: object) => KubernetesApiError | undefined = () => undefined;

  constructor(
    private readonly kind: string,
    protected readonly world: FakeWorld,
  ) {}

  /** Puts an object there without a word to anybody; a uid is given where there is none. */
  put(draft: Draft): T {
    const resourceVersion = this.world.nextVersion();
    const metadata = { uid: `uid-${draft.metadata.name}-${resourceVersion}`, ...draft.metadata, resourceVersion };
    const object = { ...draft, metadata } as unknown as T;
    this.objects.set(at(metadata), object);
    return object;
  }

  /** Changes an object as a controller does. */
  change(key: ObjectKey, patch: object): void {
    const object = this.objects.get(at(key));
    if (object !== undefined) this.store(merged(object, patch) as T);
  }

  get(key: ObjectKey): Promise<T | undefined> {
    return Promise.resolve(this.objects.get(at(key)));
  }

  list({ namespace }: Scope): Promise<readonly T[]> {
    const all = [...this.objects.values()];
    return Promise.resolve(all.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace));
  }

  async create(namespace: string | undefined, manifest: object): Promise<T> {
    await this.tryCreate(namespace, manifest);
    const draft = manifest as Draft;
    const { name } = draft.metadata;
    this.world.record(`create ${this.kind} ${name}`);
    return this.put({ ...draft, metadata: { ...draft.metadata, ...(namespace === undefined ? {} : { namespace }) } });
  }

  tryCreate(namespace: string | undefined, manifest: object): Promise<void> {
    const refusal = this.admission(manifest);
    if (refusal !== undefined) return Promise.reject(refusal);
    const key = { ...(namespace === undefined ? {} : { namespace }), name: (manifest as Draft).metadata.name };
    if (!this.objects.has(at(key))) return Promise.resolve();
    return Promise.reject(new KubernetesApiError(409, 'AlreadyExists', `${at(key)} exists`));
  }

  async patch(key: ObjectKey, patch: object, { dryRun = false }: PatchOptions = {}): Promise<T> {
    const object = this.expect(key, patch);
    if (dryRun) return object;
    this.world.record(`patch ${this.kind} ${key.name} ${JSON.stringify(withoutPreconditions(patch))}`);
    return Promise.resolve(this.store(merged(object, withoutPreconditions(patch)) as T));
  }

  async scale(workload: T, replicas: number): Promise<void> {
    const { name, namespace = '' } = workload.metadata;
    const object = this.expect({ namespace, name }, workload);
    this.world.record(`scale ${this.kind} ${name} ${String(replicas)}`);
    this.store(merged(object, { spec: { replicas } }) as T);
    return Promise.resolve();
  }

  async remove(key: ObjectKey, uid: string, options: RemoveOptions = {}): Promise<void> {
    const object = this.objects.get(at(key));
    if (object?.metadata.uid !== uid) return;
    const { resourceVersion = object.metadata.resourceVersion } = options;
    if (object.metadata.resourceVersion !== resourceVersion) throw conflict('version');
    this.world.record(`delete ${this.kind} ${key.name}`);
    this.store(merged(object, { metadata: { deletionTimestamp: '2026-11-23T12:00:00Z' } }) as T);
    return Promise.resolve();
  }

  waitFor<R>(key: ObjectKey, decide: (object: T | undefined) => R | undefined): Promise<R> {
    return this.waitForAll({}, () => decide(this.objects.get(at(key))));
  }

  /** Waits no time at all: what the controllers do not bring about will not come. */
  async waitForAll<R>(scope: Scope, decide: (objects: readonly T[]) => R | undefined): Promise<R> {
    const first = decide(await this.list(scope));
    if (first !== undefined) return first;
    this.world.settle();
    const last = await this.list(scope);
    const second = decide(last);
    if (second !== undefined) return second;
    throw new WaitDeadlineError(`${this.kind}: what was awaited did not come`, last);
  }

  private expect(key: ObjectKey, wanted: object): T {
    const object = this.objects.get(at(key));
    if (object === undefined) throw new KubernetesApiError(404, 'NotFound', `${at(key)} is not there`);
    const { metadata = {} } = wanted as { metadata?: { uid?: string; resourceVersion?: string } };
    if (metadata.uid !== undefined && metadata.uid !== object.metadata.uid) throw conflict('uid');
    const { resourceVersion } = metadata;
    if (resourceVersion !== undefined && resourceVersion !== object.metadata.resourceVersion) throw conflict('version');
    return object;
  }

  /** An object whose deletion was asked for goes with its last finalizer. */
  private store(object: T): T {
    const key = at(keyOf(object));
    const generation = this.generationOf(object, this.objects.get(key));
    const resourceVersion = this.world.nextVersion();
    const next = merged(object, { metadata: { resourceVersion, ...(generation && { generation }) } }) as T;
    const { deletionTimestamp, finalizers = [] } = next.metadata;
    if (typeof deletionTimestamp === 'string' && finalizers.length === 0) this.objects.delete(key);
    else this.objects.set(key, next);
    return next;
  }

  /** One more with each change of what is wanted; to it the annotations of a Deployment count. */
  private generationOf(object: T, before: T | undefined): number | undefined {
    const { generation } = object.metadata;
    const wanted = (one: T | undefined): unknown => {
      const { spec, metadata } = (one ?? {}) as { spec?: unknown; metadata?: T['metadata'] };
      return { spec, annotations: this.kind === 'Deployment' ? metadata?.annotations : undefined };
    };
    const same = JSON.stringify(wanted(object)) === JSON.stringify(wanted(before));
    return generation === undefined || same ? generation : generation + 1;
  }
}

function withoutPreconditions(patch: object): object {
  const { metadata, ...rest } = patch as { metadata?: Record<string, unknown> };
  if (metadata === undefined) return rest;
  const { uid: _uid, resourceVersion: _version, ...kept } = metadata;
  return { ...rest, metadata: kept };
}

/** A merge patch (RFC 7396). */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base = typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  const result: Record<string, unknown> = base;
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else result[key] = merged(result[key], value);
  }
  return result;
}
