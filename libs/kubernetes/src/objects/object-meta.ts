import { z } from 'zod';

/** Who made the object and, with `controller`, looks after it. */
export const OwnerReference = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().optional(),
});
export type OwnerReference = z.infer<typeof OwnerReference>;

const Strings = z.record(z.string(), z.string());

/** The metadata that every stored object has. Unknown fields are kept. */
export const ObjectMeta = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string(),
  resourceVersion: z.string(),
  generation: z.number().optional(),
  creationTimestamp: z.string().nullish(),
  deletionTimestamp: z.string().nullish(),
  labels: Strings.optional(),
  annotations: Strings.optional(),
  ownerReferences: z.array(OwnerReference).optional(),
  finalizers: z.array(z.string()).optional(),
});
export type ObjectMeta = z.infer<typeof ObjectMeta>;

/** Anything with metadata. */
export interface KubernetesObject {
  readonly metadata: ObjectMeta;
}

/** The owner that looks after an object, or undefined. */
export function controllerOf(object: KubernetesObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

/** Whether its deletion has been asked for. */
export function isTerminating(object: KubernetesObject): boolean {
  return typeof object.metadata.deletionTimestamp === 'string';
}
