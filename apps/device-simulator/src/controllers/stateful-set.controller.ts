import { controllerReference, controllerUid, isTerminating } from '../model/kube-object.js';
import { hasEnded, isReady, type Pod } from '../model/pod.js';
import type { StatefulSet } from '../model/workload.js';
import type { StoreEvent } from '../store/object-store.js';
import { createAdmitted } from '../admission/admission.js';
import type { Objects } from '../store/objects.js';
import { keyOf, keyText, parseKey } from '../store/resource-type.js';
import { types } from '../store/resource-types.js';
import type { Controller } from './controller.js';
import type { EventRecorder } from './event-recorder.js';
import { podFrom } from './replicas.controller.js';
import { templateHash } from './template-hash.js';

const revisionLabel = 'controller-revision-hash';

/** Makes Pods with an order and a name, each with claims of its own. Claims stay when Pods go. */
export class StatefulSetController implements Controller {
  readonly name = 'statefulset';

  constructor(
    private readonly objects: Objects,
    private readonly events: EventRecorder,
  ) {}

  keysFor({ type, object }: StoreEvent): readonly string[] {
    if (type === types.statefulSets) return [keyText(keyOf(object))];
    if (type !== types.pods) return [];
    const { namespace, ownerReferences = [] } = object.metadata;
    return ownerReferences.filter(({ kind }) => kind === 'StatefulSet').map(({ name }) => keyText({ namespace, name }));
  }

  reconcile(text: string): void {
    const set = this.objects.get(types.statefulSets, parseKey(text));
    if (set === undefined) return;
    if (!isTerminating(set)) this.#step(set);
    this.#tellStatus(set);
  }

  #podsOf(set: StatefulSet): Pod[] {
    const { namespace, uid } = set.metadata;
    return this.objects
      .list(types.pods, namespace)
      .filter((pod) => controllerUid(pod) === uid)
      .toSorted((one, other) => ordinalOf(one) - ordinalOf(other));
  }

  #step(set: StatefulSet): void {
    const pods = this.#podsOf(set);
    const ordered = set.spec.podManagementPolicy !== 'Parallel';
    if (!this.#fill(set, pods, ordered)) return;
    const surplus = pods.filter((pod) => ordinalOf(pod) >= (set.spec.replicas ?? 1)).toReversed();
    for (const pod of ordered ? surplus.slice(0, 1) : surplus) if (!isTerminating(pod)) this.#end(set, pod);
    if (surplus.length === 0) this.#renew(set, pods);
  }

  /** Makes what is missing; false where the next place must wait for this one. */
  #fill(set: StatefulSet, pods: readonly Pod[], ordered: boolean): boolean {
    for (let ordinal = 0; ordinal < (set.spec.replicas ?? 1); ordinal += 1) {
      const pod = pods.find((one) => ordinalOf(one) === ordinal);
      if (pod === undefined) this.#begin(set, ordinal);
      else if (hasEnded(pod) && !isTerminating(pod)) this.#end(set, pod);
      if (ordered && (pod === undefined || isTerminating(pod) || !isReady(pod))) return false;
    }
    return true;
  }

  /** One Pod of an old template after the other is deleted, the last first. */
  #renew(set: StatefulSet, pods: readonly Pod[]): void {
    const hash = revisionOf(set);
    const old = pods.filter(({ metadata }) => metadata.labels?.[revisionLabel] !== hash).at(-1);
    if (old !== undefined && pods.every((pod) => isReady(pod) && !isTerminating(pod))) this.#end(set, old);
  }

  #begin(set: StatefulSet, ordinal: number): void {
    const { name, namespace } = set.metadata;
    const podName = `${name}-${String(ordinal)}`;
    const templates = set.spec.volumeClaimTemplates ?? [];
    for (const template of templates) this.#claim(set, template, `${template.metadata.name}-${podName}`);
    const pod = podFrom(set.spec.template, { name: podName, ownerReferences: [controllerReference(set)] });
    pod.metadata.labels = {
      ...pod.metadata.labels,
      'apps.kubernetes.io/pod-index': String(ordinal),
      'statefulset.kubernetes.io/pod-name': podName,
      [revisionLabel]: revisionOf(set),
    };
    const own = templates.map(({ metadata }) => ({
      name: metadata.name,
      persistentVolumeClaim: { claimName: `${metadata.name}-${podName}` },
    }));
    const names = new Set(own.map((volume) => volume.name));
    pod.spec.volumes = [...own, ...(pod.spec.volumes ?? []).filter((volume) => !names.has(volume.name))];
    createAdmitted(this.objects, types.pods, { ...pod, spec: { ...pod.spec, hostname: podName } }, namespace);
    const message = `create Pod ${podName} in StatefulSet ${name} successful`;
    this.events.normal(set, 'SuccessfulCreate', message);
  }

  #claim(
    set: StatefulSet,
    template: NonNullable<StatefulSet['spec']['volumeClaimTemplates']>[number],
    name: string,
  ): void {
    const { namespace } = set.metadata;
    if (this.objects.get(types.claims, { namespace, name }) !== undefined) return;
    const labels = set.spec.selector.matchLabels ?? {};
    const manifest = { metadata: { name, labels: { ...labels } }, spec: template.spec };
    createAdmitted(this.objects, types.claims, manifest, namespace);
  }

  #end(set: StatefulSet, pod: Pod): void {
    this.objects.deleteIfPresent(types.pods, keyOf(pod));
    const message = `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`;
    this.events.normal(set, 'SuccessfulDelete', message);
  }

  #tellStatus(set: StatefulSet): void {
    const pods = this.#podsOf(set);
    const ready = pods.filter((pod) => isReady(pod) && !isTerminating(pod)).length;
    const revision = `${set.metadata.name}-${revisionOf(set)}`;
    this.objects.modifyIfPresent(types.statefulSets, keyOf(set), (draft) => {
      draft.status = {
        observedGeneration: set.metadata.generation,
        replicas: pods.length,
        ...(ready === 0 ? {} : { readyReplicas: ready }),
        availableReplicas: ready,
        ...(pods.length === 0 ? {} : { currentReplicas: pods.length, updatedReplicas: pods.length }),
        currentRevision: revision,
        updateRevision: revision,
        collisionCount: 0,
      };
    });
  }
}

const ordinalOf = (pod: Pod): number => Number(/-(\d+)$/.exec(pod.metadata.name)?.[1] ?? Number.NaN);

const revisionOf = (set: StatefulSet): string => templateHash(set.spec.template);
