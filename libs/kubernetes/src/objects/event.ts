import { z } from 'zod';
import { ObjectMeta } from './object-meta.js';

/** A core/v1 Event. */
export const Event = z.looseObject({
  metadata: ObjectMeta,
  type: z.string().nullish(),
  reason: z.string().nullish(),
  message: z.string().nullish(),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
});
export type Event = z.infer<typeof Event>;

const timeOf = (event: Event): string =>
  event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? '';

/** The newest warnings, the newest first, each as `reason: message`. */
export function newestWarnings(events: readonly Event[], atMost: number): readonly string[] {
  return events
    .filter((event) => event.type === 'Warning')
    .toSorted((one, other) => timeOf(other).localeCompare(timeOf(one)))
    .slice(0, atMost)
    .map((event) => `${event.reason ?? 'Warning'}: ${event.message ?? ''}`);
}
