import { Hook, ObjectName, ObjectUid, SavedWorkload, WorkloadKind, WritingPod } from '@snapfleet/contracts';
import { z } from 'zod';

/** A workload whose Pods run and are held by hooks: what lets it go on. */
export const HeldWorkload = z.object({
  level: z.literal('hooks'),
  kind: WorkloadKind,
  name: ObjectName,
  uid: ObjectUid.describe('of its first Pod, which names the timer'),
  pods: z.array(WritingPod).min(1).max(64),
  after: z.array(Hook).min(1).max(8).describe('the hooks of after the cut'),
});
export type HeldWorkload = z.infer<typeof HeldWorkload>;

/** What a dead-man timer watches over: a workload that was taken away, or one that hooks hold. */
export const GuardedWorkload = z.union([HeldWorkload, SavedWorkload]);
export type GuardedWorkload = z.infer<typeof GuardedWorkload>;

/** Whether hooks hold it, so that it is there and has to be let go on. */
export const isHeld = (workload: GuardedWorkload): workload is HeldWorkload => 'level' in workload;
