import type { z } from 'zod';
import type { KubeObject } from '../model/kube-object.js';

/** A kind of object that the API serves. */
export interface ResourceType<T extends KubeObject = KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Defined by a CustomResourceDefinition: no strategic merge patch, and a PUT must name the resourceVersion. */
  readonly custom: boolean;
  readonly subresources: readonly ('status' | 'scale')[];
  /** Fields beside name and namespace by which a field selector may choose. */
  readonly selectableFields: readonly string[];
  readonly schema: z.ZodType<T>;
}

/** What names an object within its kind. */
export interface ObjectKey {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(type: ResourceType): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** `deployments.apps`, or `pods` for the core group, as error messages name a resource. */
export function qualifiedPlural(type: ResourceType): string {
  return type.group === '' ? type.plural : `${type.plural}.${type.group}`;
}

/** `Deployment.apps`, or `Pod` for the core group, as validation errors name a kind. */
export function qualifiedKind(type: ResourceType): string {
  return type.group === '' ? type.kind : `${type.kind}.${type.group}`;
}

/** The key of an object. */
export function keyOf(object: KubeObject): ObjectKey {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? { name } : { namespace, name };
}

/** A key as text, for maps and queues. */
export function keyText(key: ObjectKey): string {
  return `${key.namespace ?? ''}/${key.name}`;
}

/** The key in a text made by `keyText`. */
export function parseKey(text: string): ObjectKey {
  const [namespace = '', name = ''] = text.split('/');
  return namespace === '' ? { name } : { namespace, name };
}
