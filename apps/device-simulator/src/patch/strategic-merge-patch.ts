import { isJsonObject } from './merge-patch.js';

type Json = Readonly<Record<string, unknown>>;

/** By which field the items of a list are told apart (patchMergeKey in k8s.io/api); other lists are replaced. */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  env: 'name',
  conditions: 'type',
  ownerReferences: 'uid',
  imagePullSecrets: 'name',
};
const ports = { spec: 'port', container: 'containerPort' };
const setLists = new Set(['finalizers']);

function mergeKeyOf(field: string, items: readonly unknown[]): string | undefined {
  if (field !== 'ports') return mergeKeys[field];
  return items.some((item) => isJsonObject(item) && ports.container in item) ? ports.container : ports.spec;
}

function mergeItems(present: readonly unknown[], patch: readonly unknown[], key: string): unknown[] {
  const result = [...present];
  for (const item of patch) {
    if (!isJsonObject(item)) continue;
    const at = result.findIndex((one) => isJsonObject(one) && one[key] === item[key]);
    if (item['$patch'] === 'delete') {
      if (at >= 0) result.splice(at, 1);
    } else if (at >= 0) result[at] = strategicMergePatch(result[at], item);
    else result.push(item);
  }
  return result;
}

function mergeList(field: string, present: readonly unknown[], patch: readonly unknown[]): unknown[] {
  if (setLists.has(field)) return [...present, ...patch.filter((item) => !present.includes(item))];
  const key = mergeKeyOf(field, patch);
  return key === undefined ? [...patch] : mergeItems(present, patch, key);
}

function mergeField(field: string, present: unknown, patch: unknown): unknown {
  if (Array.isArray(patch)) return mergeList(field, Array.isArray(present) ? present : [], patch);
  return strategicMergePatch(present, patch);
}

/** Items of a set list that `$deleteFromPrimitiveList/<field>` names are taken out. */
function deletions(result: Record<string, unknown>, patch: Json): void {
  for (const [directive, items] of Object.entries(patch)) {
    const field = /^\$deleteFromPrimitiveList\/(.+)$/.exec(directive)?.[1];
    const present = field === undefined ? undefined : result[field];
    if (field === undefined || !Array.isArray(present) || !Array.isArray(items)) continue;
    result[field] = present.filter((item) => !items.includes(item));
  }
}

/** A strategic merge patch as far as its lists are those of Pods, their templates and metadata. */
export function strategicMergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  if (patch['$patch'] === 'replace') {
    return Object.fromEntries(Object.entries(patch).filter(([field]) => field !== '$patch'));
  }
  const result: Record<string, unknown> = isJsonObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (!field.startsWith('$')) result[field] = mergeField(field, result[field], value);
  }
  deletions(result, patch);
  return Object.fromEntries(Object.entries(result).filter(([field]) => patch[field] !== null));
}
