import { isTrue, withCondition, type Condition } from '../model/condition.js';
import { isTerminating, timestamp } from '../model/kube-object.js';
import { claimsOf, hasEnded, type Pod } from '../model/pod.js';
import type { Claim } from '../model/volume.js';
import type { StoreEvent } from '../store/object-store.js';
import type { Objects } from '../store/objects.js';
import { keyOf, keyText, parseKey } from '../store/resource-type.js';
import { types } from '../store/resource-types.js';
import type { Controller } from './controller.js';
import type { EventRecorder } from './event-recorder.js';

const address = '10.42.0.1';
const cannotRun =
  'an embedded device runs no containers, so a Pod that is to run a command and end cannot do its work here';

/**
 * Does by status what a kubelet does: Pods of the node become Running and Ready with their claims bound, and end when
 * they are deleted. A Pod that is made to run commands and end is failed, for nothing runs them.
 */
export class KubeletController implements Controller {
  readonly name = 'kubelet';

  constructor(
    private readonly objects: Objects,
    private readonly events: EventRecorder,
    private readonly nodeName: string,
  ) {}

  keysFor({ type, object, kind }: StoreEvent): readonly string[] {
    if (kind === 'DELETED') return [];
    if (type === types.pods) return [keyText(keyOf(object))];
    if (type !== types.claims) return [];
    const { namespace, name } = object.metadata;
    return this.objects
      .list(types.pods, namespace)
      .filter((pod) => claimsOf(pod).includes(name))
      .map((pod) => keyText(keyOf(pod)));
  }

  reconcile(text: string): void {
    const pod = this.objects.get(types.pods, parseKey(text));
    if (pod?.spec.nodeName !== this.nodeName) return;
    const claims = claimsOf(pod).map((name) =>
      this.objects.get(types.claims, { namespace: pod.metadata.namespace, name }),
    );
    if (isTerminating(pod)) this.#end(pod);
    else if (!hasEnded(pod) && claims.every((claim) => claim?.status?.phase === 'Bound')) this.#run(pod);
    for (const claim of claims) if (claim !== undefined && pod.status?.phase === 'Running') this.#growFilesystem(claim);
  }

  #run(pod: Pod): void {
    if (pod.status?.phase === 'Running') return;
    if (endsByItself(pod)) {
      this.#refuse(pod);
      return;
    }
    this.objects.modify(types.pods, keyOf(pod), (draft) => {
      const startedAt = timestamp();
      draft.status = {
        ...draft.status,
        phase: 'Running',
        conditions: conditionsOf(draft, 'True'),
        hostIP: address,
        podIP: address,
        podIPs: [{ ip: address }],
        startTime: startedAt,
        containerStatuses: draft.spec.containers.map(({ name, image }) => ({
          name,
          image,
          imageID: '',
          containerID: `embedded://${draft.metadata.uid}/${name}`,
          ready: true,
          started: true,
          restartCount: 0,
          state: { running: { startedAt } },
        })),
      };
    });
    this.events.normal(pod, 'Started', 'Started the Pod: its volumes are there, no container runs');
  }

  /** As a kubelet turns a Pod away: no container has a status, so nobody takes it for the result of the command. */
  #refuse(pod: Pod): void {
    this.objects.modify(types.pods, keyOf(pod), (draft) => {
      draft.status = {
        ...draft.status,
        phase: 'Failed',
        reason: 'ContainerCannotRun',
        message: cannotRun,
        startTime: timestamp(),
      };
    });
    this.events.warning(pod, 'ContainerCannotRun', cannotRun);
  }

  #end(pod: Pod): void {
    if ((pod.metadata.finalizers ?? []).length > 0 && !hasEnded(pod)) {
      this.objects.modify(types.pods, keyOf(pod), (draft) => {
        draft.status = { ...draft.status, phase: 'Succeeded', conditions: conditionsOf(draft, 'False') };
      });
    }
    this.objects.deleteIfPresent(types.pods, keyOf(pod), {
      gracePeriodSeconds: 0,
      preconditions: { uid: pod.metadata.uid },
    });
  }

  /** A filesystem grows when its volume is in use; the claim then shows the new capacity. */
  #growFilesystem(claim: Claim): void {
    if (!isTrue(claim.status?.conditions, 'FileSystemResizePending')) return;
    const volume = this.objects.get(types.volumes, { name: claim.spec.volumeName ?? '' });
    if (volume === undefined) return;
    this.objects.modify(types.claims, keyOf(claim), (draft) => {
      const { conditions, ...rest } = draft.status ?? {};
      const others = (conditions ?? []).filter(({ type }) => type !== 'FileSystemResizePending');
      draft.status = {
        ...rest,
        capacity: { storage: volume.spec.capacity.storage },
        ...(others.length === 0 ? {} : { conditions: others }),
      };
    });
    this.events.normal(claim, 'FileSystemResizeSuccessful', 'MountVolume.NodeExpandVolume succeeded for volume');
  }
}

/** The same rule as the node of the real device has: every container names a command, and none is started again. */
function endsByItself({ spec }: Pod): boolean {
  return spec.restartPolicy === 'Never' && spec.containers.every(({ command }) => (command ?? []).length > 0);
}

function conditionsOf(pod: Pod, ready: 'True' | 'False'): Condition[] {
  const states = [
    { type: 'PodReadyToStartContainers', status: 'True' },
    { type: 'Initialized', status: 'True' },
    { type: 'Ready', status: ready },
    { type: 'ContainersReady', status: ready },
  ];
  return states.reduce<Condition[]>(withCondition, pod.status?.conditions ?? []);
}
