import type { RestorePoint } from '@snapfleet/client';
import type { Blow } from './fault-list.js';

type Downtime = Pick<RestorePoint, 'downtimeMs' | 'downtimeClock'>;

/**
 * What is wrong with the time that a workload is told to have been away.
 * @param mostMs since before its operation began, by a clock that was not set
 */
export function downtimeFlaws({ downtimeMs, downtimeClock }: Downtime, { kind }: Blow, mostMs: number): string[] {
  if (downtimeMs === undefined) return ['it is not told how long the workload was away'];
  if (downtimeClock !== 'boot') {
    // Without an answer of the guard nothing else is left; a clock that is set does not keep it from answering.
    return kind === 'clock' ? ['how long the workload was away was taken from a clock that was set'] : [];
  }
  if (downtimeMs > 0 && downtimeMs <= mostMs) return [];
  return [`the workload was away for ${String(downtimeMs)} ms of ${String(Math.round(mostMs))}`];
}
