import { z } from 'zod';
import { ObjectReference, objectShape } from './kube-object.js';

/** A Namespace. */
export const Namespace = z.looseObject({
  ...objectShape,
  spec: z.looseObject({ finalizers: z.array(z.string()).optional() }).optional(),
  status: z.looseObject({ phase: z.string().optional() }).optional(),
});
export type Namespace = z.infer<typeof Namespace>;

/** A core/v1 Event. */
export const Event = z.looseObject({
  ...objectShape,
  involvedObject: ObjectReference,
  reason: z.string().optional(),
  message: z.string().optional(),
  type: z.string().optional(),
  count: z.number().optional(),
  firstTimestamp: z.string().nullish(),
  lastTimestamp: z.string().nullish(),
});
export type Event = z.infer<typeof Event>;
