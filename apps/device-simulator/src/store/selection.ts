import type { KubeObject } from '../model/kube-object.js';
import { badRequest } from './api-error.js';
import { matchesLabels, parseLabelSelector } from './label-selector.js';
import type { ResourceType } from './resource-type.js';

/** Which objects of a kind a list or a watch is about. */
export interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

const fieldForm = /^([^=!]+)(==|=|!=)(.*)$/;

function valueAt(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const step of path.split('.')) {
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[step] : undefined;
  }
  return typeof value === 'string' ? value : '';
}

function fieldPredicates(type: ResourceType, selector: string): ((object: KubeObject) => boolean)[] {
  const known = ['metadata.name', 'metadata.namespace', ...type.selectableFields];
  return selector
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const [, field = '', operator, value = ''] = fieldForm.exec(part) ?? [];
      if (operator === undefined) throw badRequest(`invalid field selector: '${part}'`);
      if (!known.includes(field)) throw badRequest(`field label not supported: ${field}`);
      return (object: KubeObject) => (valueAt(object, field) === value) !== (operator === '!=');
    });
}

/**
 * The test for being selected.
 * @throws ApiError 400 for a selector that cannot be read or names a field by which this kind cannot be chosen
 */
export function selector(type: ResourceType, selection: Selection): (object: KubeObject) => boolean {
  const fields = fieldPredicates(type, selection.fieldSelector ?? '');
  const labels = parseLabelSelector(selection.labelSelector ?? '');
  if (labels === undefined) {
    throw badRequest(`unable to parse requirement: "${selection.labelSelector ?? ''}" is not a label selector`);
  }
  return (object) =>
    (selection.namespace === undefined || object.metadata.namespace === selection.namespace) &&
    matchesLabels(labels, object.metadata.labels) &&
    fields.every((holds) => holds(object));
}
