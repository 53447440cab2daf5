import type { ClusterAccess } from './cluster-access.js';

type Table = Readonly<Record<string, unknown>>;

const isTable = (value: unknown): value is Table => typeof value === 'object' && value !== null;

function combined(one: Table, other: Table): Table {
  const result: Record<string, unknown> = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const present = result[name];
    result[name] = isTable(present) && isTable(value) ? combined(present, value) : value;
  }
  return result;
}

/** The access of an app that uses rooms with access of their own; where both say what a call is for, the second does. */
export function combineAccess<const One extends ClusterAccess, const Other extends ClusterAccess>(
  one: One,
  other: Other,
): One & Other {
  return combined(one, other) as One & Other;
}
