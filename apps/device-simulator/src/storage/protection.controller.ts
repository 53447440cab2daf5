import type { Controller } from '../controllers/controller.js';
import { isTerminating, removeFinalizer } from '../model/kube-object.js';
import { claimsOf } from '../model/pod.js';
import type { StoreEvent } from '../store/object-store.js';
import type { Objects } from '../store/objects.js';
import { keyOf, keyText, parseKey } from '../store/resource-type.js';
import { types } from '../store/resource-types.js';

/** Lets a deleted claim go when no Pod on a node uses it any more. */
export class ClaimProtectionController implements Controller {
  readonly name = 'pvc-protection';

  constructor(private readonly objects: Objects) {}

  keysFor({ type, object, kind }: StoreEvent): readonly string[] {
    if (type === types.claims) return isTerminating(object) && kind !== 'DELETED' ? [keyText(keyOf(object))] : [];
    if (type !== types.pods || kind !== 'DELETED') return [];
    const { namespace } = object.metadata;
    return claimsOf(types.pods.schema.parse(object)).map((name) => keyText({ namespace, name }));
  }

  reconcile(text: string): void {
    const claim = this.objects.get(types.claims, parseKey(text));
    if (claim === undefined || !isTerminating(claim)) return;
    const { namespace, name } = claim.metadata;
    const used = this.objects
      .list(types.pods, namespace)
      .some((pod) => pod.spec.nodeName !== undefined && claimsOf(pod).includes(name));
    if (used) return;
    this.objects.modify(types.claims, keyOf(claim), (draft) => {
      removeFinalizer(draft, 'kubernetes.io/pvc-protection');
    });
  }
}
