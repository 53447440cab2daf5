import type { FencingToken } from '@snapfleet/contracts';
import type { ScalableKind, ScalableWorkload } from '@snapfleet/kubernetes';
import { isFenced, readQuiesceMark } from '@snapfleet/workloads';

/** A workload as its quiesce has left it. */
interface LeftAtZero {
  readonly name: string;
  readonly uid: string;
  /** Absent: not known. */
  readonly generation?: number | undefined;
  readonly operationId: string;
  readonly fencingToken: FencingToken | undefined;
}

/** What has become of a workload since its quiesce. */
interface SinceQuiesce {
  /** What somebody else has changed, or that it is not known whether somebody did. */
  readonly change?: string;
  /** The dead-man timer has brought it back, or is about to: its Pods may run. */
  readonly isBack: boolean;
}

/**
 * Whether somebody else has changed a workload since it was scaled to 0: a scale up and down again shows in nothing but its
 * generation.
 */
export function outsideChange(kind: ScalableKind, found: ScalableWorkload | undefined, left: LeftAtZero): SinceQuiesce {
  const name = `${kind} ${left.name}`;
  if (found?.metadata.uid !== left.uid) return { change: `${name} was deleted meanwhile`, isBack: false };
  const { generation } = found.metadata;
  const isBack = isFenced(found, left.fencingToken);
  if (left.generation === undefined || generation === undefined)
    return { change: `it is not known whether ${name} was changed meanwhile`, isBack };
  const expected = left.generation + (isBack ? changesOfReturn(kind, found, left.operationId) : 0);
  if (generation === expected) return { isBack };
  const counts = `generation ${String(generation)} instead of ${String(expected)}`;
  return { change: `${name} was changed by somebody else meanwhile (${counts})`, isBack };
}

/** How far the note, the scale and the removal of the mark have raised the generation; annotations count for a Deployment only. */
function changesOfReturn(kind: ScalableKind, found: ScalableWorkload, operationId: string): number {
  const scaled = found.spec.replicas === 0 ? 0 : 1;
  const unmarked = readQuiesceMark(found)?.operationId === operationId ? 0 : 1;
  return scaled + (kind === 'Deployment' ? 1 + unmarked : 0);
}
