import { z } from 'zod';
import { ObjectMeta } from './object-meta.js';

/** A HorizontalPodAutoscaler (autoscaling/v2); what is not named here is kept as it came. */
export const HorizontalPodAutoscaler = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    scaleTargetRef: z.looseObject({ kind: z.string(), name: z.string() }),
    minReplicas: z.number().nullish(),
    maxReplicas: z.number(),
  }),
});
export type HorizontalPodAutoscaler = z.infer<typeof HorizontalPodAutoscaler>;
