import { Bytes, ErrorDetail, ObjectName } from '@snapfleet/contracts';
import { z } from 'zod';
import type { Transitions } from './state-facts.js';

/** The states of `snapshot.restore`. */
export const RestoreState = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('restoring'), targetClaim: ObjectName, sizeBytes: Bytes.optional() }),
  z.object({ phase: z.literal('ended'), error: ErrorDetail.optional() }),
]);
export type RestoreState = z.infer<typeof RestoreState>;

/** Where each state can lead. */
export const restoreTransitions: Transitions<RestoreState['phase']> = {
  restoring: { steps: ['volume.restore'], next: ['ended'], cancellable: true },
  ended: { steps: [], next: [], cancellable: false },
};
