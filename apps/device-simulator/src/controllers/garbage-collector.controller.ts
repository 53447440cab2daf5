import { isTerminating, removeFinalizer, type KubeObject } from '../model/kube-object.js';
import type { StoreEvent } from '../store/object-store.js';
import type { Objects } from '../store/objects.js';
import { keyOf, type ResourceType } from '../store/resource-type.js';
import { allTypes } from '../store/resource-types.js';
import type { Controller } from './controller.js';

interface Found {
  readonly type: ResourceType;
  readonly object: KubeObject;
}

/** Deletes what lost its owner, and holds owners that are deleted in the foreground or leave orphans. */
export class GarbageCollectorController implements Controller {
  readonly name = 'garbage-collector';

  constructor(private readonly objects: Objects) {}

  /** Keys are uids of owners. */
  keysFor({ kind, object }: StoreEvent): readonly string[] {
    const owners = (object.metadata.ownerReferences ?? []).map(({ uid }) => uid);
    if (kind === 'DELETED') return [object.metadata.uid, ...owners];
    return [...(isTerminating(object) ? [object.metadata.uid] : []), ...(kind === 'ADDED' ? owners : [])];
  }

  reconcile(uid: string): void {
    const all = this.#all();
    const owner = all.find(({ object }) => object.metadata.uid === uid);
    const dependents = all.filter(({ object }) => object.metadata.ownerReferences?.some((one) => one.uid === uid));
    if (owner === undefined) {
      for (const dependent of dependents) this.#dropOwner(dependent, uid, true);
      return;
    }
    const finalizers = owner.object.metadata.finalizers ?? [];
    if (!isTerminating(owner.object)) return;
    if (finalizers.includes('orphan')) {
      for (const dependent of dependents) this.#dropOwner(dependent, uid, false);
      this.#release(owner, 'orphan');
    } else if (finalizers.includes('foregroundDeletion')) this.#inForeground(owner, dependents);
  }

  #inForeground(owner: Found, dependents: readonly Found[]): void {
    for (const { type, object } of dependents) {
      if (!isTerminating(object)) this.objects.deleteIfPresent(type, keyOf(object), { propagation: 'Foreground' });
    }
    if (dependents.length === 0) this.#release(owner, 'foregroundDeletion');
  }

  /** An object with another owner only forgets the lost one. */
  #dropOwner({ type, object }: Found, uid: string, deleteLast: boolean): void {
    const others = (object.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
    if (deleteLast && others.length === 0) {
      if (!isTerminating(object)) this.objects.deleteIfPresent(type, keyOf(object));
      return;
    }
    this.objects.modifyIfPresent(type, keyOf(object), (draft) => {
      draft.metadata.ownerReferences = others;
    });
  }

  #release({ type, object }: Found, finalizer: string): void {
    this.objects.modifyIfPresent(type, keyOf(object), (draft) => {
      removeFinalizer(draft, finalizer);
    });
  }

  #all(): readonly Found[] {
    return allTypes.flatMap((type) => this.objects.list(type).map((object) => ({ type, object })));
  }
}
