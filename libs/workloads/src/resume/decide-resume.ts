import type { SavedWorkload } from '@snapfleet/contracts';
import type { ScalableWorkload } from '@snapfleet/kubernetes';
import { readQuiesceMark } from '../marks/quiesce-mark.js';
import { nameOf } from '../saved/same-workload.js';

type Scalable = Exclude<SavedWorkload, { kind: 'Pod' }>;

/** What has to be done so that a workload is as it was before operation `operationId` quiesced it. */
export interface ResumeDecision {
  /** Scale to this number first. */
  readonly scaleTo?: number;
  readonly removeMark: boolean;
  /** What somebody else did and is left in place. */
  readonly conflict?: string;
}

/** Decides from what is found; the mark on the workload knows better than what was saved before. */
export function decideResume(
  found: ScalableWorkload | undefined,
  saved: Scalable,
  operationId: string,
): ResumeDecision {
  const name = nameOf(saved);
  if (found === undefined) return leave(`${name} was deleted meanwhile`);
  if (found.metadata.uid !== saved.uid) return leave(`${name} was deleted and made again meanwhile`);
  const { replicas } = found.spec;
  const mark = readQuiesceMark(found);
  if (mark === undefined) {
    if (replicas === saved.replicas) return { removeMark: false };
    return leave(`${name} has ${String(replicas)} replicas and no mark of ours; it had ${String(saved.replicas)}`);
  }
  if (mark.operationId !== operationId) return leave(`${name} is marked by operation ${mark.operationId}`);
  if (replicas === mark.replicas) return { removeMark: true };
  if (replicas === 0) return { scaleTo: mark.replicas, removeMark: true };
  const conflict = `${name} was scaled to ${String(replicas)} meanwhile; it had ${String(mark.replicas)}`;
  return { removeMark: true, conflict };
}

const leave = (conflict: string): ResumeDecision => ({ removeMark: false, conflict });
