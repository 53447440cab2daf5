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

/** Which fields a client has set last, as the API server keeps it for server-side apply. */
const ManagedFields = z.looseObject({ manager: z.string().optional(), fieldsV1: z.unknown().optional() });

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
  managedFields: z.array(ManagedFields).optional(),
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

/** Who has set `spec.replicas` last, as far as the API server knows. */
export function managersOfReplicas({ metadata }: KubernetesObject): readonly string[] {
  return (metadata.managedFields ?? []).flatMap(({ manager, fieldsV1 }) =>
    manager !== undefined && ReplicasField.safeParse(fieldsV1).success ? [manager] : [],
  );
}

const ReplicasField = z.looseObject({ 'f:spec': z.looseObject({ 'f:replicas': z.unknown() }) });

/** Whether its deletion has been asked for. */
export function isTerminating(object: KubernetesObject): boolean {
  return typeof object.metadata.deletionTimestamp === 'string';
}
