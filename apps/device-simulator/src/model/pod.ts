import { z } from 'zod';
import { Condition, isTrue } from './condition.js';
import { objectShape } from './kube-object.js';

const Container = z.looseObject({
  name: z.string().min(1),
  image: z.string().optional(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
});
export type Container = z.infer<typeof Container>;

const PodVolume = z.looseObject({
  name: z.string(),
  persistentVolumeClaim: z.looseObject({ claimName: z.string() }).optional(),
  ephemeral: z.looseObject({}).optional(),
});

/** The specification of a Pod, in a Pod or in a template. */
export const PodSpec = z.looseObject({
  containers: z.array(Container).min(1),
  volumes: z.array(PodVolume).nullish(),
  nodeName: z.string().optional(),
  restartPolicy: z.enum(['Always', 'OnFailure', 'Never']).optional(),
  terminationGracePeriodSeconds: z.number().nullish(),
});
export type PodSpec = z.infer<typeof PodSpec>;

/** A Pod. */
export const Pod = z.looseObject({
  ...objectShape,
  spec: PodSpec,
  status: z
    .looseObject({
      phase: z.string().optional(),
      reason: z.string().optional(),
      message: z.string().optional(),
      conditions: z.array(Condition).optional(),
      containerStatuses: z.array(z.looseObject({})).optional(),
    })
    .optional(),
});
export type Pod = z.infer<typeof Pod>;

/** The template from which a workload makes its Pods. */
export const PodTemplate = z.looseObject({
  metadata: z
    .looseObject({
      labels: z.record(z.string(), z.string()).optional(),
      annotations: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
  spec: PodSpec,
});
export type PodTemplate = z.infer<typeof PodTemplate>;

/** Whether all its containers have ended for good. */
export function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Whether its condition Ready is True. */
export function isReady(pod: Pod): boolean {
  return isTrue(pod.status?.conditions, 'Ready');
}

/** The claims that a Pod mounts. A generic ephemeral volume's claim is `<pod>-<volume>` (KEP-1698). */
export function claimsOf(pod: Pod): readonly string[] {
  return (pod.spec.volumes ?? []).flatMap((volume) => {
    if (volume.persistentVolumeClaim !== undefined) return [volume.persistentVolumeClaim.claimName];
    return volume.ephemeral === undefined ? [] : [`${pod.metadata.name}-${volume.name}`];
  });
}
