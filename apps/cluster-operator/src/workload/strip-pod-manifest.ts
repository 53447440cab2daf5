import type { Pod } from '@snapfleet/kubernetes';
import { z } from 'zod';

/** Annotations that the network or the kubelet wrote about the former Pod; a new one must not begin with them. */
const writtenByOthers: readonly RegExp[] = [
  /^k8s\.ovn\.org\//,
  /^k8s\.v1\.cni\.cncf\.io\/network(s)?-status$/,
  /^cni\.projectcalico\.org\//,
  /^kubernetes\.io\/config\./,
];
const tokenVolume = /^kube-api-access-[a-z0-9]{5}$/;
const defaultTolerations: ReadonlySet<string> = new Set([
  'node.kubernetes.io/not-ready',
  'node.kubernetes.io/unreachable',
]);

const Named = z.looseObject({ name: z.string() });
const Container = z.looseObject({ volumeMounts: z.array(Named).optional() });
const Toleration = z.looseObject({
  key: z.string().optional(),
  operator: z.string().optional(),
  effect: z.string().optional(),
  tolerationSeconds: z.number().optional(),
});
const Spec = z.looseObject({
  volumes: z.array(Named).optional(),
  containers: z.array(Container),
  initContainers: z.array(Container).optional(),
  tolerations: z.array(Toleration).optional(),
});

/**
 * The manifest from which the Pod can be made again: without what the API server, admission, scheduler and kubelet added.
 * Everything else stays exactly as it is.
 */
export function stripPodManifest(pod: Pod): Record<string, unknown> {
  const { name, namespace, labels, annotations } = pod.metadata;
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !writtenByOthers.some((other) => other.test(key)));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      ...(labels === undefined ? {} : { labels }),
      ...(kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }),
    },
    spec: strippedSpec(pod.spec),
  };
}

function strippedSpec(podSpec: unknown): Record<string, unknown> {
  // Priority is computed from the class at admission; ephemeral containers cannot be part of a new Pod.
  const { nodeName: _node, priority: _priority, ephemeralContainers: _ephemeral, ...spec } = Spec.parse(podSpec);
  const { volumes, containers, initContainers, tolerations, ...rest } = spec;
  return {
    ...rest,
    containers: containers.map(withoutToken),
    ...(initContainers === undefined ? {} : { initContainers: initContainers.map(withoutToken) }),
    ...keptList('volumes', volumes, (volume) => !tokenVolume.test(volume.name)),
    ...keptList('tolerations', tolerations, (toleration) => !isDefaultToleration(toleration)),
  };
}

function withoutToken({ volumeMounts, ...rest }: z.infer<typeof Container>): Record<string, unknown> {
  return { ...rest, ...keptList('volumeMounts', volumeMounts, (mount) => !tokenVolume.test(mount.name)) };
}

/** An empty list is left out, as it was before something was added to it. */
function keptList<T>(key: string, list: readonly T[] | undefined, keep: (item: T) => boolean): Record<string, unknown> {
  const kept = (list ?? []).filter(keep);
  return kept.length === 0 ? {} : { [key]: kept };
}

function isDefaultToleration({ key, operator, effect, tolerationSeconds }: z.infer<typeof Toleration>): boolean {
  return (
    defaultTolerations.has(key ?? '') && operator === 'Exists' && effect === 'NoExecute' && tolerationSeconds === 300
  );
}
