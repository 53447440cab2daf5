import {
  FencingToken,
  mostReadySnapshots,
  Namespace,
  ObjectName,
  ObjectUid,
  OperationId,
  WorkloadKind,
} from '@snapfleet/contracts';
import { GuardedWorkload, isHeld, type TimerKey } from '@snapfleet/workloads';
import { z } from 'zod';
import { Anchor, Moment } from '../time/anchor.js';

const time = z.iso.datetime({ offset: true });
const key = { operationId: OperationId, workloadUid: ObjectUid };
const workload = z.object({ kind: WorkloadKind, name: ObjectName });
/** Timers of former versions have none. */
const fencingToken = FencingToken.optional();

/** When it was armed; absent: its workload was away already, or it is of a former version. */
const since = Moment.optional();
/** How long the workload was away or held; absent: not known. */
const downtimeMs = z.number().int().nonnegative().optional();

/** The workload may be away or held, and comes back or goes on when the time is over. */
const ArmedTimer = z.object({
  state: z.literal('armed'),
  ...key,
  fencingToken,
  namespace: Namespace,
  saved: GuardedWorkload,
  anchor: Anchor,
  dueAt: time,
  since,
});

/** The time is over: from now on the workload is being brought back, until it is. */
const FiringTimer = z.object({
  state: z.literal('firing'),
  ...key,
  fencingToken,
  namespace: Namespace,
  saved: GuardedWorkload,
  begunAt: time,
  readySnapshots: z.array(ObjectUid).max(mostReadySnapshots),
  since,
});

/** The timer was faster than its operation. */
const BroughtBackTimer = z.object({
  state: z.literal('brought-back'),
  ...key,
  namespace: Namespace,
  workload,
  at: time,
  replicas: z.number().int().nonnegative().optional(),
  conflict: z.string().max(1024).optional(),
  readySnapshots: z.array(ObjectUid).max(mostReadySnapshots),
  downtimeMs,
});

/** The operation put its workload back, or had nothing to put back; remembered so that no late quiesce arms it again. */
const DisarmedTimer = z.object({ state: z.literal('disarmed'), ...key, wasArmed: z.boolean(), downtimeMs });

/** A dead-man timer in one of its states; each is on the disk before what follows from it is begun. */
export const Timer = z.discriminatedUnion('state', [ArmedTimer, FiringTimer, BroughtBackTimer, DisarmedTimer]);
export type Timer = z.infer<typeof Timer>;
export type ArmedTimer = z.infer<typeof ArmedTimer>;
export type FiringTimer = z.infer<typeof FiringTimer>;
export type BroughtBackTimer = z.infer<typeof BroughtBackTimer>;
export type DisarmedTimer = z.infer<typeof DisarmedTimer>;

/** A timer whose workload may still have to be brought back. */
export type OpenTimer = ArmedTimer | FiringTimer;

/** Whether the workload may still have to be brought back. */
export const isOpen = (timer: Timer | undefined): timer is OpenTimer =>
  timer?.state === 'armed' || timer?.state === 'firing';

/** What has to be brought back, or let go on. */
export type Guarded = Pick<OpenTimer, 'operationId' | 'fencingToken' | 'namespace'> & {
  readonly workload: GuardedWorkload;
};

/** What a timer watches over. */
export const guardedOf = ({ operationId, fencingToken, namespace, saved }: OpenTimer): Guarded => ({
  operationId,
  fencingToken,
  namespace,
  workload: saved,
});

/** Whether hooks hold a Pod for both, so that letting one go on would let the other go on too. */
export function sharePods(one: GuardedWorkload, other: GuardedWorkload): boolean {
  if (!isHeld(one) || !isHeld(other)) return false;
  const uids = new Set(one.pods.map(({ uid }) => uid));
  return other.pods.some(({ uid }) => uids.has(uid));
}

/** What the log says of a timer. */
export const aboutOf = ({ operationId, namespace, workload }: Guarded): Record<string, unknown> => ({
  operationId,
  workload: `${namespace}/${workload.kind}/${workload.name}`,
});

/** The key as one text. */
export const textOf = ({ operationId, workloadUid }: TimerKey): string => `${operationId}/${workloadUid}`;
