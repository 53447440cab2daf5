import type { z } from 'zod';
import type { KubernetesObject } from '../objects/object-meta.js';

/** Where a kind of object lives in the API, and what its objects look like. */
export interface ResourceDefinition<T extends KubernetesObject> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly schema: z.ZodType<T>;
}

/** Which object. `namespace` belongs to namespaced kinds only. */
export interface ObjectKey {
  readonly namespace?: string;
  readonly name: string;
}

/** Which objects. */
export interface Scope {
  readonly namespace?: string;
  readonly fieldSelector?: string;
}

/** The path of a group and version, such as `/api/v1` or `/apis/apps/v1`. */
export function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** The path of a collection. */
export function collectionPath(definition: ResourceDefinition<KubernetesObject>, namespace?: string): string {
  const inside = definition.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${groupPath(definition.apiVersion)}${inside}/${definition.plural}`;
}

/** The path of one object. */
export function objectPath(definition: ResourceDefinition<KubernetesObject>, key: ObjectKey): string {
  return `${collectionPath(definition, key.namespace)}/${encodeURIComponent(key.name)}`;
}
