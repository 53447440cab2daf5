import { z } from 'zod';
import type { BootClock } from './boot-clock.js';

/** What was left of a timer at one moment of one boot. */
export const Anchor = z.object({
  bootId: z.string(),
  uptimeMs: z.number().nonnegative(),
  remainingMs: z.number().nonnegative(),
});
export type Anchor = z.infer<typeof Anchor>;

/** One moment of one boot. */
export const Moment = Anchor.omit({ remainingMs: true });
export type Moment = z.infer<typeof Moment>;

/** Now. */
export const momentOf = (clock: BootClock): Moment => ({ bootId: clock.bootId, uptimeMs: clock.uptimeMs() });

/** How long ago a moment is; undefined over a boot, which only a clock that may be wrong could tell. */
export function elapsedMs(since: Moment, clock: BootClock): number | undefined {
  if (since.bootId !== clock.bootId) return undefined;
  return Math.round(Math.max(0, clock.uptimeMs() - since.uptimeMs));
}

const clamp = (value: number, most: number): number => Math.min(Math.max(value, 0), most);

/** What is left now of a timer that was anchored in this boot; never more than there was. */
export function remainingMs(anchor: Anchor, clock: BootClock): number {
  return clamp(anchor.remainingMs - (clock.uptimeMs() - anchor.uptimeMs), anchor.remainingMs);
}

/**
 * The timer as of now. Within a boot only the time since the boot counts. Over a boot only the device's clock can tell how
 * long it took, and it may be wrong: the timer then has at most what it had when it was seen last.
 * @param dueAt when it is over by the device's clock
 */
export function anchoredNow(anchor: Anchor, dueAt: string, clock: BootClock): Anchor {
  const { bootId } = clock;
  const uptimeMs = clock.uptimeMs();
  if (anchor.bootId === bootId) return { bootId, uptimeMs, remainingMs: remainingMs(anchor, clock) };
  const byClock = Date.parse(dueAt) - clock.now().getTime();
  return { bootId, uptimeMs, remainingMs: clamp(byClock, anchor.remainingMs) };
}
