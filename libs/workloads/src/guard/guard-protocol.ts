import {
  ErrorDetail,
  FencingToken,
  Namespace,
  ObjectName,
  ObjectUid,
  OperationId,
  WorkloadKind,
  mostReadySnapshots,
} from '@snapfleet/contracts';
import { z } from 'zod';
import { GuardedWorkload } from '../saved/held-workload.js';
import type { TimerKey } from './workload-guard.js';

const time = z.iso.datetime({ offset: true });

/** The body of `PUT /timers/<operation>/<uid>`: what is taken away or held, and for how long at most. */
export const TimerOrder = z.object({
  fencingToken: FencingToken.optional(),
  namespace: Namespace,
  workload: GuardedWorkload,
  maximumDowntimeSeconds: z.number().int().min(1).max(86_400),
});
export type TimerOrder = z.infer<typeof TimerOrder>;

const about = {
  operationId: OperationId,
  namespace: Namespace,
  workload: z.object({
    kind: WorkloadKind,
    name: ObjectName,
    uid: ObjectUid.describe('of the workload, or of the first Pod where hooks hold it'),
  }),
};

const downtimeMs = z
  .number()
  .int()
  .nonnegative()
  .optional()
  .describe('from the arming to the end, by the time since the boot; absent: not known, as over a boot');

/** How one timer is. */
export const TimerAnswer = z.discriminatedUnion('state', [
  z.object({ state: z.literal('armed'), ...about, dueAt: time, remainingMs: z.number().int().nonnegative() }),
  z.object({ state: z.literal('firing'), ...about, begunAt: time }),
  z.object({
    state: z.literal('brought-back'),
    ...about,
    at: time,
    replicas: z.number().int().nonnegative().optional(),
    conflict: z.string().max(1024).optional(),
    readySnapshots: z.array(ObjectUid).max(mostReadySnapshots),
    downtimeMs,
  }),
  z.object({
    state: z.literal('disarmed'),
    operationId: OperationId,
    wasArmed: z.boolean().describe('false: the guard knew nothing of it; it was never armed, or its file was lost'),
    downtimeMs,
  }),
]);
export type TimerAnswer = z.infer<typeof TimerAnswer>;

/** The answer to `GET /timers`: those that are armed or firing. */
export const TimerList = z.object({ timers: z.array(TimerAnswer) });

/** Every answer that is not 2xx. */
export const ErrorAnswer = z.object({ error: ErrorDetail });

/** The path of all timers. */
export const timersPath = 'timers';

/** The answer to `GET /hooks/<namespace>`: the guard may run hooks there. Where it may not, it answers an error. */
export const HooksAnswer = z.object({ namespace: Namespace });

/** The path below which it is asked for each namespace whether hooks can be run there. */
export const hooksPath = 'hooks';

/** The path of one timer. An operation has one for each workload that it takes away or holds. */
export const timerPath = ({ operationId, workloadUid }: TimerKey): string =>
  `/${timersPath}/${operationId}/${encodeURIComponent(workloadUid)}`;
