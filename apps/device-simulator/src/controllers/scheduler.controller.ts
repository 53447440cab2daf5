import { withCondition } from '../model/condition.js';
import { annotate, isTerminating } from '../model/kube-object.js';
import { claimsOf, type Pod } from '../model/pod.js';
import type { Claim } from '../model/volume.js';
import type { StoreEvent } from '../store/object-store.js';
import type { Objects } from '../store/objects.js';
import { keyOf, keyText, parseKey } from '../store/resource-type.js';
import { types } from '../store/resource-types.js';
import type { Controller } from './controller.js';
import type { EventRecorder } from './event-recorder.js';

/** The annotation by which the scheduler tells a provisioner where the first consumer will run. */
export const selectedNode = 'volume.kubernetes.io/selected-node';

/** Puts Pods on the one node, once their claims are bound; a claim that waits for its first consumer is told of it. */
export class SchedulerController implements Controller {
  readonly name = 'scheduler';

  constructor(
    private readonly objects: Objects,
    private readonly events: EventRecorder,
    private readonly nodeName: string,
  ) {}

  keysFor({ type, object }: StoreEvent): readonly string[] {
    if (type === types.pods) return [keyText(keyOf(object))];
    if (type !== types.claims) return [];
    const { namespace, name } = object.metadata;
    return this.objects
      .list(types.pods, namespace)
      .filter((pod) => pod.spec.nodeName === undefined && claimsOf(pod).includes(name))
      .map((pod) => keyText(keyOf(pod)));
  }

  reconcile(text: string): void {
    const pod = this.objects.get(types.pods, parseKey(text));
    if (pod === undefined || pod.spec.nodeName !== undefined || isTerminating(pod)) return;
    const { namespace } = pod.metadata;
    const obstacles: string[] = [];
    let waiting = false;
    for (const name of claimsOf(pod)) {
      const claim = this.objects.get(types.claims, { namespace, name });
      const obstacle = this.#obstacle(claim, name);
      if (obstacle !== undefined) obstacles.push(obstacle);
      else if (claim !== undefined && claim.status?.phase !== 'Bound') waiting = true;
    }
    if (obstacles[0] !== undefined) this.#refuse(pod, obstacles[0]);
    else if (waiting) this.#askForVolumes(pod);
    else this.#place(pod);
  }

  #obstacle(claim: Claim | undefined, name: string): string | undefined {
    if (claim === undefined) return `persistentvolumeclaim "${name}" not found`;
    if (isTerminating(claim)) return `persistentvolumeclaim "${name}" is being deleted`;
    if (claim.status?.phase === 'Bound' || this.#waitsForConsumer(claim)) return undefined;
    return 'pod has unbound immediate PersistentVolumeClaims';
  }

  #waitsForConsumer(claim: Claim): boolean {
    const name = claim.spec.storageClassName ?? '';
    return this.objects.get(types.storageClasses, { name })?.volumeBindingMode === 'WaitForFirstConsumer';
  }

  #askForVolumes(pod: Pod): void {
    for (const name of claimsOf(pod)) {
      this.objects.modifyIfPresent(types.claims, { namespace: pod.metadata.namespace, name }, (claim) => {
        if (claim.status?.phase !== 'Bound') annotate(claim, selectedNode, this.nodeName);
      });
    }
  }

  #refuse(pod: Pod, why: string): void {
    const message = `0/1 nodes are available: ${why}.`;
    const before = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    if (before?.message === message) return;
    this.objects.modify(types.pods, keyOf(pod), (draft) => {
      const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message };
      draft.status = { ...draft.status, conditions: withCondition(draft.status?.conditions, condition) };
    });
    this.events.warning(pod, 'FailedScheduling', message);
  }

  #place(pod: Pod): void {
    const { namespace, name } = pod.metadata;
    this.objects.modify(types.pods, keyOf(pod), (draft) => {
      draft.spec.nodeName = this.nodeName;
      const condition = { type: 'PodScheduled', status: 'True' };
      const conditions = (draft.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
      draft.status = { ...draft.status, conditions: withCondition(conditions, condition) };
    });
    const where = `${namespace ?? ''}/${name} to ${this.nodeName}`;
    this.events.normal(pod, 'Scheduled', `Successfully assigned ${where}`);
  }
}
