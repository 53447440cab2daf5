import type { LabelSelector } from '../model/workload.js';

type Labels = Readonly<Record<string, string>>;

/** Whether labels are what a selector of an object asks for. An empty selector matches everything. */
export function matchesLabels(selector: LabelSelector, labels: Labels = {}): boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => holds(labels[key], operator, values))
  );
}

function holds(value: string | undefined, operator: string, values: readonly string[]): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}

const setForm = /^\s*([^\s!=,()]+)\s+(in|notin)\s+\(([^)]*)\)\s*$/;
const equalForm = /^\s*([^\s!=]+)\s*(==|=|!=)\s*([^\s]*)\s*$/;
const existsForm = /^\s*(!?)\s*([^\s!=,()]+)\s*$/;

/** A selector as it is written in a query, such as `app=shop,tier!=db,zone in (a,b),!old`; undefined if it is none. */
export function parseLabelSelector(text: string): LabelSelector | undefined {
  const parts = text.split(/,(?![^(]*\))/).filter((part) => part.trim() !== '');
  const matchExpressions = parts.map(parseRequirement);
  return matchExpressions.every((one) => one !== undefined) ? { matchExpressions } : undefined;
}

function parseRequirement(part: string): { key: string; operator: string; values: string[] } | undefined {
  const set = setForm.exec(part);
  if (set !== null) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim());
    return { key: set[1] ?? '', operator: set[2] === 'in' ? 'In' : 'NotIn', values };
  }
  const equal = equalForm.exec(part);
  if (equal !== null) {
    return { key: equal[1] ?? '', operator: equal[2] === '!=' ? 'NotIn' : 'In', values: [equal[3] ?? ''] };
  }
  const exists = existsForm.exec(part);
  if (exists === null) return undefined;
  return { key: exists[2] ?? '', operator: exists[1] === '!' ? 'DoesNotExist' : 'Exists', values: [] };
}
