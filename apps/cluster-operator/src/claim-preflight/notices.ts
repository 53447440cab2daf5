import { Notice, type Workload } from '@snapfleet/contracts';
import { managersOfReplicas, type HorizontalPodAutoscaler, type KubernetesObject } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';

/** By what a GitOps controller can be told: it may put the replicas back while the workload is quiesced. */
const gitOps: readonly { readonly name: string; readonly marks: RegExp; readonly managers: RegExp }[] = [
  { name: 'Argo CD', marks: /^argocd\.argoproj\.io\/(tracking-id|instance)$/, managers: /^argocd-/ },
  {
    name: 'Flux',
    marks: /^(kustomize|helm)\.toolkit\.fluxcd\.io\/name$/,
    managers: /^(kustomize-controller|helm-controller)$/,
  },
  { name: 'Rancher Fleet', marks: /^objectset\.rio\.cattle\.io\/(id|hash)$/, managers: /^fleetagent$/ },
  {
    name: 'Open Cluster Management',
    marks: /^apps\.open-cluster-management\.io\//,
    managers: /^(work-agent|multicluster-operators)/,
  },
];

/** As many as the reply of the preflight takes; whoever may make autoscalers must not keep a snapshot from being made. */
const mostNotices = 16;

/** Who else scales the workload: no reason to refuse, but to know, for an edit of theirs wins and is reported. */
export async function noticesOf(
  cluster: Cluster,
  namespace: string,
  workload: Workload,
  object: KubernetesObject,
  signal: AbortSignal,
): Promise<readonly Notice[]> {
  if (workload.kind === 'Pod') return [];
  const autoscalers = await cluster.autoscalers.list({ namespace }, { signal });
  const own = autoscalers.filter(({ spec: { scaleTargetRef } }) => isOf(scaleTargetRef, workload));
  return [...ofGitOps(workload, object), ...own.map((one) => ofAutoscaler(one, workload))].slice(0, mostNotices);
}

const isOf = (target: { readonly kind: string; readonly name: string }, { kind, name }: Workload): boolean =>
  target.kind === kind && target.name === name;

/** At 0 replicas an autoscaler that may not itself scale to 0 is switched off by Kubernetes (reason ScalingDisabled). */
function ofAutoscaler({ metadata, spec }: HorizontalPodAutoscaler, { kind, name }: Workload): Notice {
  const about = `HorizontalPodAutoscaler ${metadata.name} scales ${kind} ${name}`;
  const behaviour =
    spec.minReplicas === 0
      ? 'it may itself scale from 0, and so bring the workload back too early'
      : 'it rests while there are 0 replicas, and goes on afterwards';
  return Notice.parse({ code: 'horizontal-pod-autoscaler', message: `${about}: ${behaviour}` });
}

function ofGitOps({ kind, name }: Workload, object: KubernetesObject): readonly Notice[] {
  const { labels = {}, annotations = {} } = object.metadata;
  const keys = [...Object.keys(labels), ...Object.keys(annotations)];
  const managers = managersOfReplicas(object);
  return gitOps.flatMap((controller) => {
    const sets = managers.some((manager) => controller.managers.test(manager));
    if (!sets && !keys.some((key) => controller.marks.test(key))) return [];
    const how = sets ? 'and sets its replicas: it may put them back at any moment' : 'and may put its replicas back';
    const message = `${controller.name} looks after ${kind} ${name} ${how}`;
    return [Notice.parse({ code: 'gitops-owner', message })];
  });
}
