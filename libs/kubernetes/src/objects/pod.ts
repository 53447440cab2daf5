import { z } from 'zod';
import { isTerminating, ObjectMeta } from './object-meta.js';

const Volume = z.looseObject({
  name: z.string(),
  persistentVolumeClaim: z.looseObject({ claimName: z.string() }).optional(),
  ephemeral: z.looseObject({}).optional(),
});

const Container = z.looseObject({ name: z.string(), restartPolicy: z.string().optional() });

/** The specification of a Pod, in a Pod or in a template. */
export const PodSpec = z.looseObject({
  nodeName: z.string().optional(),
  containers: z.array(Container).optional(),
  initContainers: z.array(Container).optional(),
  volumes: z.array(Volume).nullish(),
});
export type PodSpec = z.infer<typeof PodSpec>;

const ContainerState = z.looseObject({
  waiting: z.looseObject({ reason: z.string().optional(), message: z.string().optional() }).optional(),
  running: z.looseObject({}).optional(),
  terminated: z
    .looseObject({ exitCode: z.number(), reason: z.string().optional(), message: z.string().optional() })
    .optional(),
});

const ContainerStatus = z.looseObject({
  name: z.string(),
  containerID: z.string().optional(),
  restartCount: z.number().optional(),
  state: ContainerState.optional(),
});

/** A condition in a status. */
export const Condition = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().nullish(),
  message: z.string().nullish(),
});

/** A Pod; what is not named here is kept as it came. */
export const Pod = z.looseObject({
  metadata: ObjectMeta,
  spec: PodSpec,
  status: z
    .looseObject({
      phase: z.string().optional(),
      reason: z.string().optional(),
      message: z.string().optional(),
      conditions: z.array(Condition).nullish(),
      containerStatuses: z.array(ContainerStatus).nullish(),
      initContainerStatuses: z.array(ContainerStatus).nullish(),
    })
    .optional(),
});
export type Pod = z.infer<typeof Pod>;

/** Whether all its containers have ended for good. */
export function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Whether its condition Ready is True. */
export function isReady(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some((condition) => condition.type === 'Ready' && condition.status === 'True');
}

/**
 * Whether a Pod specification mounts the claim. A generic ephemeral volume's claim is `<pod>-<volume>`
 * (KEP-1698), so it is found only where the Pod's name is known.
 */
export function mentionsClaim(spec: PodSpec, claimName: string, podName?: string): boolean {
  return (spec.volumes ?? []).some(
    (volume) =>
      volume.persistentVolumeClaim?.claimName === claimName ||
      (volume.ephemeral !== undefined && podName !== undefined && `${podName}-${volume.name}` === claimName),
  );
}

/**
 * Whether the Pod has the claim mounted or may still do so. One that is being deleted counts even when its containers have
 * ended: the kubelet reports the end before it unmounts, and takes the object away after it.
 */
export function usesClaim(pod: Pod, claimName: string): boolean {
  return (!hasEnded(pod) || isTerminating(pod)) && mentionsClaim(pod.spec, claimName, pod.metadata.name);
}

function containerState(pod: Pod): string | undefined {
  for (const { name, state } of pod.status?.containerStatuses ?? []) {
    const why = state?.waiting ?? state?.terminated;
    if (why !== undefined) return `container ${name}: ${[why.reason, why.message].filter(Boolean).join(': ')}`;
  }
  return undefined;
}

function notScheduled(pod: Pod): string | undefined {
  const found = (pod.status?.conditions ?? []).find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  );
  return found === undefined ? undefined : `not scheduled: ${found.message ?? found.reason ?? 'no reason given'}`;
}

function heldBy({ finalizers = [] }: ObjectMeta): string | undefined {
  return finalizers.length === 0 ? undefined : `finalizers ${finalizers.join(', ')}`;
}

/** The state of a Pod in a few words, for messages. */
export function describePod(pod: Pod): string {
  const { metadata, status } = pod;
  const facts = [
    status?.phase ?? 'no phase',
    typeof metadata.deletionTimestamp === 'string' ? `terminating since ${metadata.deletionTimestamp}` : undefined,
    heldBy(metadata),
    notScheduled(pod),
    containerState(pod),
    status?.message ?? status?.reason,
  ];
  return `Pod ${metadata.name} (${facts.filter((fact) => fact !== undefined).join('; ')})`;
}
