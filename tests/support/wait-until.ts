import { setTimeout as wait } from 'node:timers/promises';

/**
 * Waits until the condition gives something true, and returns it.
 * @throws Error naming what was waited for, at the deadline
 */
export async function waitUntil<T>(
  what: string,
  condition: () => T | Promise<T>,
  { deadlineMs = 15_000, pauseMs = 25 }: { readonly deadlineMs?: number; readonly pauseMs?: number } = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value !== false && value !== undefined && value !== null) return value as NonNullable<Exclude<T, false>>;
    if (performance.now() > end) throw new Error(`waited ${String(deadlineMs)} ms in vain until ${what}`);
    await wait(pauseMs);
  }
}
