import { isTerminating } from '../model/kube-object.js';
import type { StoreEvent } from '../store/object-store.js';
import type { Objects } from '../store/objects.js';
import { keyOf } from '../store/resource-type.js';
import { allTypes, types } from '../store/resource-types.js';
import type { Controller } from './controller.js';

/** Gives a namespace its ServiceAccount, and empties a deleted one before it goes. */
export class NamespaceController implements Controller {
  readonly name = 'namespace';

  constructor(private readonly objects: Objects) {}

  keysFor({ type, kind, object }: StoreEvent): readonly string[] {
    if (type === types.namespaces) return kind === 'DELETED' ? [] : [object.metadata.name];
    const { namespace } = object.metadata;
    return kind === 'DELETED' && namespace !== undefined ? [namespace] : [];
  }

  reconcile(name: string): void {
    const namespace = this.objects.get(types.namespaces, { name });
    if (namespace === undefined) return;
    if (isTerminating(namespace)) this.#empty(name);
    else if (this.objects.get(types.serviceAccounts, { namespace: name, name: 'default' }) === undefined) {
      this.objects.create(types.serviceAccounts, { metadata: { name: 'default' } }, name);
    }
  }

  #empty(namespace: string): void {
    const inside = allTypes.filter(({ namespaced }) => namespaced);
    for (const type of inside) {
      for (const object of this.objects.list(type, namespace)) {
        if (!isTerminating(object)) this.objects.deleteIfPresent(type, keyOf(object));
      }
    }
    if (inside.some((type) => this.objects.list(type, namespace).length > 0)) return;
    this.objects.modifyIfPresent(types.namespaces, { name: namespace }, (draft) => {
      draft.spec = { finalizers: [] };
    });
  }
}
