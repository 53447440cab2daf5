import { z } from 'zod';
import { ObjectMeta } from './object-meta.js';
import { PodSpec } from './pod.js';

/** The kinds that have a scale subresource and Pods of their own. */
export const ScalableKind = z.enum(['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController']);
export type ScalableKind = z.infer<typeof ScalableKind>;

/** The API server takes one without a name, and leaves it out. */
const ClaimTemplate = z.looseObject({ metadata: z.looseObject({ name: z.string().default('') }) });

const RetentionPolicy = z.looseObject({ whenScaled: z.string().optional() });

/** A Deployment, StatefulSet, ReplicaSet or ReplicationController. */
export const ScalableWorkload = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    replicas: z.number().int().nonnegative().default(1),
    template: z.looseObject({ spec: PodSpec }).nullish(),
    volumeClaimTemplates: z.array(ClaimTemplate).nullish(),
    persistentVolumeClaimRetentionPolicy: RetentionPolicy.nullish(),
  }),
  status: z.looseObject({ replicas: z.number().optional(), observedGeneration: z.number().optional() }).optional(),
});
export type ScalableWorkload = z.infer<typeof ScalableWorkload>;

/** Whether its controller has seen the newest specification and counts no Pod any more (terminating ones excepted). */
export function isScaledToZero(workload: ScalableWorkload): boolean {
  const { generation } = workload.metadata;
  const observed = workload.status?.observedGeneration;
  const seen = generation === undefined || observed === undefined || observed >= generation;
  return seen && workload.spec.replicas === 0 && (workload.status?.replicas ?? 0) === 0;
}
