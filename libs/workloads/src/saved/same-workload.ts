import { SnapfleetError, type SavedWorkload } from '@snapfleet/contracts';
import type { KubernetesObject } from '@snapfleet/kubernetes';

/** A workload with its kind and name, for messages. */
export const nameOf = ({ kind, name }: SavedWorkload): string => `${kind} ${name}`;

/**
 * The workload, if it is there and still the one that was saved.
 * @throws SnapfleetError workload_not_found, workload_conflict
 */
export function expectSame<T extends KubernetesObject>(found: T | undefined, saved: SavedWorkload): T {
  if (found === undefined) throw new SnapfleetError('workload_not_found', `${nameOf(saved)} does not exist any more`);
  if (found.metadata.uid === saved.uid) return found;
  const what = `${nameOf(saved)} was deleted and made again since it was looked at`;
  throw new SnapfleetError('workload_conflict', what);
}
