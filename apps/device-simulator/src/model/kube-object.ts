import { z } from 'zod';

const Strings = z.record(z.string(), z.string());

/** Who made an object and, with `controller`, looks after it. */
export const OwnerReference = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().optional(),
  blockOwnerDeletion: z.boolean().optional(),
});
export type OwnerReference = z.infer<typeof OwnerReference>;

/** The metadata of a stored object. */
export const ObjectMeta = z.looseObject({
  name: z.string(),
  generateName: z.string().optional(),
  namespace: z.string().optional(),
  uid: z.string(),
  resourceVersion: z.string(),
  generation: z.number().optional(),
  creationTimestamp: z.string(),
  deletionTimestamp: z.string().optional(),
  deletionGracePeriodSeconds: z.number().optional(),
  labels: Strings.optional(),
  annotations: Strings.optional(),
  ownerReferences: z.array(OwnerReference).optional(),
  finalizers: z.array(z.string()).optional(),
});
export type ObjectMeta = z.infer<typeof ObjectMeta>;

/** What every kind of object has. */
export const objectShape = { apiVersion: z.string(), kind: z.string(), metadata: ObjectMeta };

/** Any stored object. */
export const KubeObject = z.looseObject({
  ...objectShape,
  spec: z.unknown().optional(),
  status: z.unknown().optional(),
});
export type KubeObject = z.infer<typeof KubeObject>;

/** A reference to an object, as in events and in a PersistentVolume. */
export const ObjectReference = z.looseObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  name: z.string().optional(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
});
export type ObjectReference = z.infer<typeof ObjectReference>;

/** The time now as Kubernetes writes it: RFC 3339 in whole seconds. */
export function timestamp(at: Date = new Date()): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}

/** The reference of an object to name it in another one. */
export function referenceTo(object: KubeObject): ObjectReference {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name,
    uid,
    resourceVersion,
    ...(namespace === undefined ? {} : { namespace }),
  };
}

/** The owner reference that makes an object the controller of another. */
export function controllerReference(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
}

/** The uid of the object's controller, or undefined. */
export function controllerUid(object: KubeObject): string | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true)?.uid;
}

/** Whether its deletion has been asked for. */
export function isTerminating(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** Adds a finalizer to a draft. */
export function addFinalizer(draft: KubeObject, finalizer: string): void {
  const present = draft.metadata.finalizers ?? [];
  if (!present.includes(finalizer)) draft.metadata.finalizers = [...present, finalizer];
}

/** Removes a finalizer from a draft. */
export function removeFinalizer(draft: KubeObject, finalizer: string): void {
  draft.metadata.finalizers = (draft.metadata.finalizers ?? []).filter((present) => present !== finalizer);
}

/** Sets an annotation of a draft; undefined removes it. */
export function annotate(draft: KubeObject, key: string, value: string | undefined): void {
  const rest = Object.entries(draft.metadata.annotations ?? {}).filter(([present]) => present !== key);
  draft.metadata.annotations = Object.fromEntries(value === undefined ? rest : [...rest, [key, value]]);
}
