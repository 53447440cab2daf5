import { SnapfleetError, type SavedWorkload } from '@snapfleet/contracts';
import type { KubernetesObject } from '@snapfleet/kubernetes';

/** A workload with its kind and name, for messages. */
export const nameOf = ({ kind, name }: SavedWorkload): string => `${kind} ${name}`;

/** Why what is found is not the workload that was saved: workload_not_found, workload_conflict. */
export function notSame(found: KubernetesObject | undefined, saved: SavedWorkload): SnapfleetError {
  return found === undefined
    ? new SnapfleetError('workload_not_found', `${nameOf(saved)} does not exist any more`)
    : new SnapfleetError('workload_conflict', `${nameOf(saved)} was deleted and made again since it was looked at`);
}

/**
 * The workload, if it is there and still the one that was saved.
 * @throws SnapfleetError workload_not_found, workload_conflict
 */
export function expectSame<T extends KubernetesObject>(found: T | undefined, saved: SavedWorkload): T {
  if (found?.metadata.uid === saved.uid) return found;
  throw notSame(found, saved);
}
