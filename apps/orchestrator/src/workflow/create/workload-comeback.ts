import type { BroughtBack, ReplyOf, WorkloadResume } from '@snapfleet/contracts';
import type { Cut } from './create-state.js';

type Reply = ReplyOf<typeof WorkloadResume>;
/** What the dead-man timer has to do with it; the same for a workload that was away and for one that hooks held. */
type TimerReply = Pick<Reply, 'broughtBack' | 'unproven'>;

/** What is told of the way in which a workload came back, beside its operation putting it back. */
export interface Comeback {
  readonly broughtBack?: BroughtBack;
  readonly unproven?: string;
}

/** The part of a reply that events and the restore point repeat. */
export function comeback({ broughtBack, unproven }: TimerReply): Comeback {
  return {
    ...(broughtBack === undefined ? {} : { broughtBack: { by: broughtBack.by, at: broughtBack.at } }),
    ...(unproven === undefined ? {} : { unproven }),
  };
}

/**
 * Whether it is proven that the workload was away, or held, while the snapshot was cut: nobody else changed it, and the dead-man
 * timer let it go on only after it had seen every VolumeSnapshot ready. The order of what was seen proves it, not a clock.
 */
export function stayedAwayFor(
  cut: Cut,
  { conflict, unproven, broughtBack }: TimerReply & Pick<Partial<Reply>, 'conflict'>,
): boolean {
  if (conflict !== undefined || unproven !== undefined) return false;
  if (broughtBack === undefined) return true;
  if (cut.kind !== 'ready') return false;
  return cut.snapshots.every(({ volumeSnapshotUid }) => broughtBack.readySnapshots.includes(volumeSnapshotUid));
}
