import { Bytes, ErrorDetail, ObjectName } from '@snapfleet/contracts';
import { z } from 'zod';
import type { Transitions } from './state-facts.js';

const abandoning = { targetClaim: ObjectName, attempt: z.number().int() };

/** The states of `snapshot.restore`; one that is cancelled is not ended before what it has made is removed. */
export const RestoreState = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('restoring'), targetClaim: ObjectName, sizeBytes: Bytes.optional() }),
  z.object({ phase: z.literal('abandoning'), ...abandoning }),
  z.object({ phase: z.literal('abandon-waiting'), ...abandoning }),
  z.object({ phase: z.literal('ended'), error: ErrorDetail.optional() }),
]);
export type RestoreState = z.infer<typeof RestoreState>;

/** The state of this name. */
export type RestoreStateIn<Phase extends RestoreState['phase']> = Extract<RestoreState, { phase: Phase }>;

/** Where each state can lead. */
export const restoreTransitions: Transitions<RestoreState['phase']> = {
  restoring: { steps: ['volume.restore'], next: ['abandoning', 'ended'], cancellable: true },
  abandoning: { steps: ['volume.abandon'], next: ['abandon-waiting', 'ended'], cancellable: false },
  'abandon-waiting': { steps: [], next: ['abandoning'], cancellable: false },
  ended: { steps: [], next: [], cancellable: false },
};
