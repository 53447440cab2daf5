/** How long to wait before attempt `attempt` (from 1): 1 s, doubled each time, a minute at most, in milliseconds. */
export function backOffMs(attempt: number): number {
  return Math.min(60_000, 1000 * 2 ** Math.min(attempt - 1, 10));
}
