import type { z } from 'zod';
import { isTerminating, type KubeObject } from '../model/kube-object.js';
import { forbidden, forbiddenField, invalid, invalidField, notFound, type InvalidField } from '../store/api-error.js';
import type { Manifest, Objects } from '../store/objects.js';
import type { ResourceType } from '../store/resource-type.js';
import { types } from '../store/resource-types.js';
import type { AdmissionRule } from './admission-rule.js';
import { clusterRules } from './cluster-rules.js';
import { storageRules } from './storage-rules.js';
import { workloadRules } from './workload-rules.js';

const rules = new Map<ResourceType, AdmissionRule>(
  [...clusterRules, ...workloadRules, ...storageRules].map((rule) => [rule.type, rule]),
);
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/** Fills in and checks a new object. @throws ApiError 403, 404, 422 */
export function admitNew(type: ResourceType, object: KubeObject, objects: Objects): KubeObject {
  const { name, namespace } = object.metadata;
  if (namespace !== undefined) checkNamespace(type, object, objects);
  const parsed = conform(type, object);
  const rule = rules.get(type);
  rule?.begin?.(parsed, objects);
  rule?.fill?.(parsed, objects);
  const validName = subdomain.test(name) && name.length <= 253;
  refuse(type, name, [
    ...(validName ? [] : [invalidField('metadata.name', name, subdomainRule)]),
    ...(rule?.check?.(parsed) ?? []),
  ]);
  return parsed;
}

/** Stores an object as if a client had sent it. @throws ApiError 403, 404, 409, 422 */
export function createAdmitted<T extends KubeObject>(
  objects: Objects,
  type: ResourceType<T>,
  manifest: Manifest,
  namespace?: string,
): T {
  const admitted = admitNew(type, objects.prepare(type, manifest, namespace), objects);
  return objects.insert(type, type.schema.parse(admitted));
}

/** Fills in and checks a changed object. @throws ApiError 403, 422 */
export function admitChange(type: ResourceType, present: KubeObject, next: KubeObject, objects: Objects): KubeObject {
  const parsed = conform(type, next);
  const rule = rules.get(type);
  rule?.fill?.(parsed, objects);
  refuse(type, present.metadata.name, [
    ...newFinalizers(present, parsed),
    ...(rule?.check?.(parsed) ?? []),
    ...(rule?.checkChange?.(present, parsed, objects) ?? []),
  ]);
  return parsed;
}

function checkNamespace(type: ResourceType, object: KubeObject, objects: Objects): void {
  const { name, namespace = '' } = object.metadata;
  const home = objects.get(types.namespaces, { name: namespace });
  if (home === undefined) throw notFound(types.namespaces, namespace);
  if (isTerminating(home)) {
    throw forbidden(
      type,
      name,
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    );
  }
}

/** An object that follows its schema. @throws ApiError 422 naming each field */
export function conform(type: ResourceType, object: KubeObject): KubeObject {
  const parsed = type.schema.safeParse(object);
  if (parsed.success) return parsed.data;
  throw invalid(
    type,
    object.metadata.name,
    parsed.error.issues.map((issue) => fieldOf(issue, object)),
  );
}

function fieldOf(issue: z.core.$ZodIssue, object: KubeObject): InvalidField {
  const field = issue.path.reduce<string>(
    (path, step) =>
      typeof step === 'number' ? `${path}[${String(step)}]` : `${path}${path === '' ? '' : '.'}${String(step)}`,
    '',
  );
  const value = issue.path.reduce<unknown>(
    (at, step) => (typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[step] : undefined),
    object,
  );
  if (value === undefined) return { field, reason: 'FieldValueRequired', message: 'Required value' };
  return invalidField(field, value, issue.message);
}

/** No finalizer may be added to what is being deleted. */
function newFinalizers(present: KubeObject, next: KubeObject): InvalidField[] {
  if (!isTerminating(present)) return [];
  const before = present.metadata.finalizers ?? [];
  const added = (next.metadata.finalizers ?? []).filter((finalizer) => !before.includes(finalizer));
  if (added.length === 0) return [];
  const list = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`;
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
  return [forbiddenField('metadata.finalizers', why)];
}

function refuse(type: ResourceType, name: string, wrong: readonly InvalidField[]): void {
  if (wrong.length > 0) throw invalid(type, name, wrong);
}
