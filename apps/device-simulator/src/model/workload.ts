import { z } from 'zod';
import { Condition } from './condition.js';
import { objectShape } from './kube-object.js';
import { PodTemplate } from './pod.js';

/** Which labels an object must have. */
export const LabelSelector = z.looseObject({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z
    .array(z.looseObject({ key: z.string(), operator: z.string(), values: z.array(z.string()).optional() }))
    .optional(),
});
export type LabelSelector = z.infer<typeof LabelSelector>;

const replicas = z.number().int().nonnegative().optional();
const WorkloadStatus = z.looseObject({
  observedGeneration: z.number().optional(),
  replicas: z.number().optional(),
  readyReplicas: z.number().optional(),
  availableReplicas: z.number().optional(),
  conditions: z.array(Condition).optional(),
});

/** A Deployment or a ReplicaSet. */
export const Workload = z.looseObject({
  ...objectShape,
  spec: z.looseObject({
    replicas,
    selector: LabelSelector,
    template: PodTemplate,
    paused: z.boolean().optional(),
    strategy: z.looseObject({ type: z.string().optional() }).optional(),
  }),
  status: WorkloadStatus.optional(),
});
export type Workload = z.infer<typeof Workload>;

/** A ReplicationController. */
export const ReplicationController = z.looseObject({
  ...objectShape,
  spec: z.looseObject({ replicas, selector: z.record(z.string(), z.string()).optional(), template: PodTemplate }),
  status: WorkloadStatus.optional(),
});
export type ReplicationController = z.infer<typeof ReplicationController>;

/** A StatefulSet. */
export const StatefulSet = z.looseObject({
  ...objectShape,
  spec: z.looseObject({
    replicas,
    selector: LabelSelector,
    template: PodTemplate,
    podManagementPolicy: z.enum(['OrderedReady', 'Parallel']).optional(),
    volumeClaimTemplates: z
      .array(z.looseObject({ metadata: z.looseObject({ name: z.string() }), spec: z.looseObject({}) }))
      .optional(),
    persistentVolumeClaimRetentionPolicy: z.looseObject({ whenScaled: z.string().optional() }).optional(),
  }),
  status: WorkloadStatus.optional(),
});
export type StatefulSet = z.infer<typeof StatefulSet>;
