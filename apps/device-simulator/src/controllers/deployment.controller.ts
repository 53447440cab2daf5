import { withCondition } from '../model/condition.js';
import { controllerReference, controllerUid, isTerminating } from '../model/kube-object.js';
import type { Workload } from '../model/workload.js';
import type { StoreEvent } from '../store/object-store.js';
import type { Objects } from '../store/objects.js';
import { keyOf, keyText, parseKey } from '../store/resource-type.js';
import { types } from '../store/resource-types.js';
import type { Controller } from './controller.js';
import type { EventRecorder } from './event-recorder.js';
import { templateHash } from './template-hash.js';

const revisionAnnotation = 'deployment.kubernetes.io/revision';

/** Keeps a ReplicaSet for the present template of a Deployment and scales down the others. */
export class DeploymentController implements Controller {
  readonly name = 'deployment';

  constructor(
    private readonly objects: Objects,
    private readonly events: EventRecorder,
  ) {}

  keysFor({ type, object }: StoreEvent): readonly string[] {
    if (type === types.deployments) return [keyText(keyOf(object))];
    const { namespace, ownerReferences = [] } = object.metadata;
    if (type === types.replicaSets) {
      return ownerReferences
        .filter(({ kind }) => kind === 'Deployment')
        .map(({ name }) => keyText({ namespace, name }));
    }
    return [];
  }

  reconcile(text: string): void {
    const deployment = this.objects.get(types.deployments, parseKey(text));
    if (deployment === undefined || isTerminating(deployment)) return;
    const { namespace, uid } = deployment.metadata;
    const sets = this.objects.list(types.replicaSets, namespace).filter((set) => controllerUid(set) === uid);
    const hash = templateHash(deployment.spec.template);
    const current = sets.find(({ metadata }) => metadata.name === `${deployment.metadata.name}-${hash}`);
    const old = sets.filter((set) => set !== current);
    const wanted = deployment.spec.replicas ?? 1;
    const recreate = deployment.spec.strategy?.type === 'Recreate';
    const oldGone = old.every((set) => this.#podsOf(set) === 0);
    if (recreate && !oldGone) this.#scaleAll(deployment, old, 0);
    else if (current === undefined) this.#begin(deployment, hash, sets.length + 1);
    else {
      this.#scaleAll(deployment, [current], wanted);
      const taken = (current.status?.availableReplicas ?? 0) >= wanted;
      if (taken) this.#scaleAll(deployment, old, 0);
    }
    this.#tellStatus(deployment, hash);
  }

  #podsOf(set: Workload): number {
    const { namespace, uid } = set.metadata;
    return this.objects.list(types.pods, namespace).filter((pod) => controllerUid(pod) === uid).length;
  }

  #begin(deployment: Workload, hash: string, revision: number): void {
    const { selector, template, replicas } = deployment.spec;
    const label = { 'pod-template-hash': hash };
    const labels = { ...template.metadata?.labels, ...label };
    const name = `${deployment.metadata.name}-${hash}`;
    this.objects.create(
      types.replicaSets,
      {
        metadata: {
          name,
          labels,
          annotations: { [revisionAnnotation]: String(revision) },
          ownerReferences: [controllerReference(deployment)],
        },
        spec: {
          replicas,
          selector: { ...selector, matchLabels: { ...selector.matchLabels, ...label } },
          template: { ...template, metadata: { ...template.metadata, labels } },
        },
        status: { replicas: 0 },
      },
      deployment.metadata.namespace,
    );
    this.events.normal(deployment, 'ScalingReplicaSet', `Scaled up replica set ${name} to ${String(replicas ?? 1)}`);
  }

  #scaleAll(deployment: Workload, sets: readonly Workload[], replicas: number): void {
    for (const set of sets) {
      const before = set.spec.replicas ?? 1;
      if (before === replicas) continue;
      this.objects.modifyIfPresent(types.replicaSets, keyOf(set), (draft) => {
        draft.spec.replicas = replicas;
      });
      const direction = replicas > before ? 'up' : 'down';
      const message = `Scaled ${direction} replica set ${set.metadata.name} from ${String(before)} to ${String(replicas)}`;
      this.events.normal(deployment, 'ScalingReplicaSet', message);
    }
  }

  #tellStatus(deployment: Workload, hash: string): void {
    const { namespace, uid, name, generation } = deployment.metadata;
    const sets = this.objects.list(types.replicaSets, namespace).filter((set) => controllerUid(set) === uid);
    const count = (field: 'replicas' | 'readyReplicas' | 'availableReplicas', among = sets) =>
      among.reduce((sum, { status }) => sum + (status?.[field] ?? 0), 0);
    const wanted = deployment.spec.replicas ?? 1;
    const counts = {
      replicas: count('replicas'),
      updatedReplicas: count(
        'replicas',
        sets.filter(({ metadata }) => metadata.name === `${name}-${hash}`),
      ),
      readyReplicas: count('readyReplicas'),
      availableReplicas: count('availableReplicas'),
      unavailableReplicas: Math.max(0, wanted - count('availableReplicas')),
    };
    const available = counts.availableReplicas >= wanted;
    const done = available && counts.updatedReplicas === wanted;
    this.objects.modifyIfPresent(types.deployments, keyOf(deployment), (draft) => {
      const about = { type: 'Available', status: available ? 'True' : 'False' };
      const told = withCondition(draft.status?.conditions, {
        ...about,
        reason: available ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
        message: `Deployment ${available ? 'has' : 'does not have'} minimum availability.`,
      });
      const conditions = withCondition(told, {
        type: 'Progressing',
        status: 'True',
        reason: done ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated',
        message: `ReplicaSet "${name}-${hash}" ${done ? 'has successfully progressed' : 'is progressing'}.`,
      });
      const present = Object.entries(counts).filter(([, value]) => value > 0);
      draft.status = { observedGeneration: generation, ...Object.fromEntries(present), conditions };
      const revision = sets.find(({ metadata }) => metadata.name === `${name}-${hash}`)?.metadata.annotations;
      draft.metadata.annotations = {
        ...draft.metadata.annotations,
        [revisionAnnotation]: revision?.[revisionAnnotation] ?? '1',
      };
    });
  }
}
