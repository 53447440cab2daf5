import { createAdmitted } from '../admission/admission.js';
import { controllerReference, controllerUid, isTerminating } from '../model/kube-object.js';
import { hasEnded, isReady, type Pod, type PodTemplate } from '../model/pod.js';
import type { ReplicationController, Workload } from '../model/workload.js';
import type { StoreEvent } from '../store/object-store.js';
import type { Objects } from '../store/objects.js';
import { keyOf, keyText, parseKey, type ResourceType } from '../store/resource-type.js';
import { types } from '../store/resource-types.js';
import type { Controller } from './controller.js';
import type { EventRecorder } from './event-recorder.js';

type Replicated = Workload | ReplicationController;

/** Makes as many equal Pods as a ReplicaSet or a ReplicationController asks for. */
export class ReplicasController implements Controller {
  readonly name: string;

  constructor(
    private readonly objects: Objects,
    private readonly events: EventRecorder,
    private readonly type: ResourceType<Workload> | ResourceType<ReplicationController>,
  ) {
    this.name = type.kind.toLowerCase();
  }

  keysFor({ type, object }: StoreEvent): readonly string[] {
    if (type === this.type) return [keyText(keyOf(object))];
    if (type !== types.pods) return [];
    const { namespace, ownerReferences = [] } = object.metadata;
    return ownerReferences
      .filter(({ kind, controller }) => controller === true && kind === this.type.kind)
      .map(({ name }) => keyText({ namespace, name }));
  }

  reconcile(text: string): void {
    const key = parseKey(text);
    const owner: Replicated | undefined = this.objects.get<Replicated>(this.type, key);
    if (owner === undefined) return;
    const { namespace, uid } = owner.metadata;
    const active = this.objects
      .list(types.pods, namespace)
      .filter((pod) => controllerUid(pod) === uid && !isTerminating(pod) && !hasEnded(pod));
    if (!isTerminating(owner)) this.#adjust(owner, active);
    this.#tellStatus(owner);
  }

  #adjust(owner: Replicated, active: readonly Pod[]): void {
    const wanted = owner.spec.replicas ?? 1;
    for (let missing = wanted - active.length; missing > 0; missing -= 1) {
      const pod = createAdmitted(
        this.objects,
        types.pods,
        podFrom(owner.spec.template, {
          generateName: `${owner.metadata.name}-`,
          ownerReferences: [controllerReference(owner)],
        }),
        owner.metadata.namespace,
      );
      this.events.normal(owner, 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
    }
    for (const pod of endedFirst(active).slice(0, Math.max(0, active.length - wanted))) {
      this.objects.deleteIfPresent(types.pods, keyOf(pod));
      this.events.normal(owner, 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
    }
  }

  #tellStatus(owner: Replicated): void {
    const { namespace, uid } = owner.metadata;
    const active = this.objects
      .list(types.pods, namespace)
      .filter((pod) => controllerUid(pod) === uid && !isTerminating(pod) && !hasEnded(pod));
    const ready = active.filter(isReady).length;
    this.objects.modifyIfPresent<Replicated>(this.type, keyOf(owner), (draft) => {
      draft.status = {
        replicas: active.length,
        ...(active.length === 0 ? {} : { fullyLabeledReplicas: active.length }),
        ...(ready === 0 ? {} : { readyReplicas: ready, availableReplicas: ready }),
        observedGeneration: owner.metadata.generation,
      };
    });
  }
}

/** The manifest of a Pod that a template describes. */
export function podFrom(
  template: PodTemplate,
  metadata: {
    readonly name?: string;
    readonly generateName?: string;
    readonly ownerReferences: Pod['metadata']['ownerReferences'];
  },
): { metadata: Partial<Pod['metadata']>; spec: Pod['spec'] } {
  const { labels, annotations } = template.metadata ?? {};
  return {
    metadata: {
      ...metadata,
      ...(labels === undefined ? {} : { labels: { ...labels } }),
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
    },
    spec: structuredClone(template.spec),
  };
}

/** Which Pods go first when there are too many: those that are not ready, then the newest. */
function endedFirst(pods: readonly Pod[]): readonly Pod[] {
  return pods.toSorted(
    (one, other) =>
      Number(isReady(one)) - Number(isReady(other)) ||
      other.metadata.creationTimestamp.localeCompare(one.metadata.creationTimestamp),
  );
}
