import {
  FencingToken,
  mostReadySnapshots,
  Namespace,
  ObjectName,
  ObjectUid,
  OperationId,
  SavedWorkload,
  WorkloadKind,
} from '@snapfleet/contracts';
import type { QuiescedWorkload, TimerKey } from '@snapfleet/workloads';
import { z } from 'zod';
import { Anchor } from '../time/anchor.js';

const time = z.iso.datetime({ offset: true });
const key = { operationId: OperationId, workloadUid: ObjectUid };
const workload = z.object({ kind: WorkloadKind, name: ObjectName });
/** Timers of former versions have none. */
const fencingToken = FencingToken.optional();

/** The workload may be away, and comes back when the time is over. */
const ArmedTimer = z.object({
  state: z.literal('armed'),
  ...key,
  fencingToken,
  namespace: Namespace,
  saved: SavedWorkload,
  anchor: Anchor,
  dueAt: time,
});

/** The time is over: from now on the workload is being brought back, until it is. */
const FiringTimer = z.object({
  state: z.literal('firing'),
  ...key,
  fencingToken,
  namespace: Namespace,
  saved: SavedWorkload,
  begunAt: time,
  readySnapshots: z.array(ObjectUid).max(mostReadySnapshots),
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
});

/** The operation put its workload back, or had nothing to put back; remembered so that no late quiesce arms it again. */
const DisarmedTimer = z.object({ state: z.literal('disarmed'), ...key, wasArmed: z.boolean() });

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

/** What has to be brought back. */
export const quiescedOf = ({ operationId, fencingToken, namespace, saved }: OpenTimer): QuiescedWorkload => ({
  operationId,
  fencingToken,
  namespace,
  workload: saved,
});

/** What the log says of a timer. */
export const aboutOf = ({ operationId, namespace, workload }: QuiescedWorkload): Record<string, unknown> => ({
  operationId,
  workload: `${namespace}/${workload.kind}/${workload.name}`,
});

/** The key as one text. */
export const textOf = ({ operationId, workloadUid }: TimerKey): string => `${operationId}/${workloadUid}`;
