import { randomBytes, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { isTerminating, timestamp, type KubeObject, type ObjectMeta } from '../model/kube-object.js';
import type { Pod } from '../model/pod.js';
import { alreadyExists, conflict, notFound, objectModified } from './api-error.js';
import type { ObjectStore } from './object-store.js';
import { apiVersionOf, keyOf, type ObjectKey, type ResourceType } from './resource-type.js';
import { types } from './resource-types.js';

/** What a new object is made of: the store adds the rest of its metadata. */
export interface Manifest {
  readonly metadata: Partial<ObjectMeta>;
  readonly [field: string]: unknown;
}

/** What must hold for the object that is changed or deleted. */
export interface Preconditions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** How an object is deleted. */
export interface Deletion {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan' | undefined;
  readonly preconditions?: Preconditions | undefined;
}

const defaultGraceSeconds = 30;
const nameAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** Five characters as the API server appends to a generateName. */
export function randomSuffix(): string {
  return [...randomBytes(5)].map((byte) => nameAlphabet[byte % nameAlphabet.length]).join('');
}

/** Creates, changes and deletes objects by the rules of the API server: identity, generations, finalizers, grace. */
export class Objects {
  constructor(readonly store: ObjectStore) {}

  get<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey): T | undefined {
    return this.store.get(type, key);
  }

  list<T extends KubeObject>(type: ResourceType<T>, namespace?: string): T[] {
    return this.store.list(type, namespace);
  }

  /** @throws ApiError 404 */
  find<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey): T {
    const object = this.store.get(type, key);
    if (object === undefined) throw notFound(type, key.name);
    return object;
  }

  /** The object that a manifest will become, with its identity; nothing is stored. */
  prepare(type: ResourceType, manifest: Manifest, namespace?: string): KubeObject {
    const { name, generateName, labels, annotations, ownerReferences, finalizers } = manifest.metadata;
    const metadata: ObjectMeta = {
      name: name ?? `${generateName ?? ''}${randomSuffix()}`,
      ...(generateName === undefined ? {} : { generateName }),
      ...(type.namespaced && namespace !== undefined ? { namespace } : {}),
      uid: randomUUID(),
      resourceVersion: '',
      ...(type === types.events ? {} : { generation: 1 }),
      creationTimestamp: timestamp(),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
      ...(finalizers === undefined ? {} : { finalizers }),
    };
    return { ...structuredClone(manifest), apiVersion: apiVersionOf(type), kind: type.kind, metadata };
  }

  /** Stores a prepared object. @throws ApiError 409 AlreadyExists */
  insert<T extends KubeObject>(type: ResourceType<T>, object: T): T {
    this.expectAbsent(type, object);
    return this.store.put(type, object);
  }

  /** That nothing has the name of this object. @throws ApiError 409 AlreadyExists */
  expectAbsent<T extends KubeObject>(type: ResourceType<T>, object: T): void {
    if (this.store.get(type, keyOf(object)) !== undefined) throw alreadyExists(type, object.metadata.name);
  }

  /** Stores an object of this process's own making. @throws ApiError 409 AlreadyExists */
  create<T extends KubeObject>(type: ResourceType<T>, manifest: Manifest, namespace?: string): T {
    return this.insert(type, type.schema.parse(this.prepare(type, manifest, namespace)));
  }

  /**
   * Changes an object by a function that edits a copy of it, and ends it where that removed the last finalizer of a
   * deleted one. Without a difference nothing is written. @throws ApiError 404
   */
  modify<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, edit: (draft: T) => void): T {
    const present = this.find(type, key);
    const draft = structuredClone(present);
    edit(draft);
    return this.replace(type, present, draft);
  }

  /** The same for an object that may be gone. */
  modifyIfPresent<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, edit: (draft: T) => void): void {
    if (this.store.get(type, key) !== undefined) this.modify(type, key, edit);
  }

  /** Puts an edited copy in the place of an object. */
  replace<T extends KubeObject>(type: ResourceType<T>, present: T, edited: T): T {
    dropEmptyLists(edited.metadata);
    if (isDeepStrictEqual(present, edited)) return present;
    const { generation } = present.metadata;
    if (generation !== undefined && !isDeepStrictEqual(desired(present), desired(edited))) {
      edited.metadata.generation = generation + 1;
    }
    return isOver(edited) ? this.store.drop(type, edited) : this.store.put(type, edited);
  }

  /** @throws ApiError 404, 409 */
  delete(type: ResourceType, key: ObjectKey, deletion: Deletion = {}): { object: KubeObject; gone: boolean } {
    const present = this.find(type, key);
    checkPreconditions(type, present, deletion.preconditions);
    const draft = structuredClone(present);
    mark(draft, graceOf(present, deletion), deletion);
    if (isOver(draft)) return { object: this.store.drop(type, draft), gone: true };
    return { object: isDeepStrictEqual(draft, present) ? present : this.store.put(type, draft), gone: false };
  }

  /** The same for an object that may be gone. */
  deleteIfPresent(type: ResourceType, key: ObjectKey, deletion: Deletion = {}): void {
    if (this.store.get(type, key) !== undefined) this.delete(type, key, deletion);
  }
}

/** @throws ApiError 409 Conflict */
export function checkPreconditions(type: ResourceType, present: KubeObject, wanted: Preconditions = {}): void {
  const { uid, resourceVersion, name } = present.metadata;
  if (wanted.uid !== undefined && wanted.uid !== uid) {
    const why = `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${uid}`;
    throw conflict(type, name, why);
  }
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion) {
    throw conflict(type, name, objectModified);
  }
}

/** The API server leaves empty lists and maps out. */
function dropEmptyLists(metadata: ObjectMeta): void {
  if (metadata.finalizers?.length === 0) delete metadata.finalizers;
  if (metadata.ownerReferences?.length === 0) delete metadata.ownerReferences;
  if (Object.keys(metadata.labels ?? { any: '' }).length === 0) delete metadata.labels;
  if (Object.keys(metadata.annotations ?? { any: '' }).length === 0) delete metadata.annotations;
}

/** Everything but metadata and status, and of a Deployment its annotations too: what a generation counts the changes of. */
function desired(object: KubeObject): object {
  const annotations = object.kind === 'Deployment' ? object.metadata.annotations : undefined;
  return { ...object, metadata: annotations, status: undefined };
}

/** Pods end after a time of grace, if a kubelet has them; everything else ends at once. */
function graceOf(object: KubeObject, deletion: Deletion): number {
  if (object.kind !== 'Pod') return 0;
  const pod = object as Pod;
  const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  if (pod.spec.nodeName === undefined || ended) return 0;
  const wanted = deletion.gracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? defaultGraceSeconds;
  return Math.min(Math.max(0, wanted), pod.metadata.deletionGracePeriodSeconds ?? Number.POSITIVE_INFINITY);
}

function mark(draft: KubeObject, graceSeconds: number, { propagation }: Deletion): void {
  const { metadata } = draft;
  if (!isTerminating(draft)) {
    if (metadata.generation !== undefined) metadata.generation += 1;
    metadata.deletionTimestamp = timestamp(new Date(Date.now() + graceSeconds * 1000));
    const finalizer = { Background: undefined, Foreground: 'foregroundDeletion', Orphan: 'orphan' }[
      propagation ?? 'Background'
    ];
    if (finalizer !== undefined) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
    if (draft.kind === 'Namespace') draft.status = { phase: 'Terminating' };
  }
  metadata.deletionGracePeriodSeconds = graceSeconds;
}

/** Whether nothing holds a deleted object any more. */
function isOver(object: KubeObject): boolean {
  const { finalizers, deletionGracePeriodSeconds } = object.metadata;
  if (!isTerminating(object) || (finalizers ?? []).length > 0) return false;
  const held =
    object.kind === 'Namespace' && hasItems((object.spec as { finalizers?: string[] } | undefined)?.finalizers);
  return !held && (deletionGracePeriodSeconds ?? 0) === 0;
}

const hasItems = (list: readonly unknown[] | undefined): boolean => list !== undefined && list.length > 0;
