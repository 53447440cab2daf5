import type { KubeObject } from '../model/kube-object.js';
import { expired } from './api-error.js';
import { keyOf, keyText, type ObjectKey, type ResourceType } from './resource-type.js';

/** A change of one object. */
export interface StoreEvent {
  readonly kind: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  readonly type: ResourceType;
  readonly object: KubeObject;
  /** The object before a modification. */
  readonly previous?: KubeObject;
}

export type StoreListener = (event: StoreEvent) => void;

const firstRevision = 100;
const historyLength = 1000;

/**
 * All objects of one device in memory, with one revision for all of them as in etcd. Stored objects are never changed in
 * place: a change puts a new one there, so that what a listener holds stays as it was.
 */
export class ObjectStore {
  readonly #objects = new Map<ResourceType, Map<string, KubeObject>>();
  readonly #listeners = new Set<StoreListener>();
  #history: StoreEvent[] = [];
  #revision = firstRevision;
  #oldestRevision = firstRevision;

  /** The revision of the newest change. */
  get revision(): number {
    return this.#revision;
  }

  get<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey): T | undefined {
    return this.#of(type).get(keyText(key)) as T | undefined;
  }

  /** The objects of a kind, of one namespace where one is named, by key. */
  list<T extends KubeObject>(type: ResourceType<T>, namespace?: string): T[] {
    const all = [...this.#of(type).values()] as T[];
    const chosen = namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace);
    return chosen.toSorted((one, other) => (keyText(keyOf(one)) < keyText(keyOf(other)) ? -1 : 1));
  }

  /** Stores an object, with the next revision, in place of the one with its key. */
  put<T extends KubeObject>(type: ResourceType<T>, object: T): T {
    const objects = this.#of(type);
    const key = keyText(keyOf(object));
    const previous = objects.get(key);
    const revision = this.#next();
    const stored: T = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
    objects.set(key, stored);
    this.#tell(
      previous === undefined
        ? { kind: 'ADDED', revision, type, object: stored }
        : { kind: 'MODIFIED', revision, type, object: stored, previous },
    );
    return stored;
  }

  /** Drops an object; watchers see it as it was last, with the revision of its end. */
  drop<T extends KubeObject>(type: ResourceType<T>, object: T): T {
    this.#of(type).delete(keyText(keyOf(object)));
    const revision = this.#next();
    const last: T = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
    this.#tell({ kind: 'DELETED', revision, type, object: last });
    return last;
  }

  /**
   * The changes after a revision.
   * @throws ApiError 410 where the history does not reach back so far
   */
  since(revision: number): readonly StoreEvent[] {
    if (revision < this.#oldestRevision) throw expired(revision, this.#oldestRevision);
    return this.#history.filter((event) => event.revision > revision);
  }

  /** Calls the listener at each change until the returned function is called. */
  subscribe(listener: StoreListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #of(type: ResourceType): Map<string, KubeObject> {
    const present = this.#objects.get(type);
    if (present !== undefined) return present;
    const created = new Map<string, KubeObject>();
    this.#objects.set(type, created);
    return created;
  }

  #next(): number {
    this.#revision += 1;
    return this.#revision;
  }

  #tell(event: StoreEvent): void {
    this.#history.push(event);
    if (this.#history.length > 2 * historyLength) {
      this.#history = this.#history.slice(-historyLength);
      this.#oldestRevision = (this.#history[0]?.revision ?? this.#revision) - 1;
    }
    for (const listener of [...this.#listeners]) listener(event);
  }
}
