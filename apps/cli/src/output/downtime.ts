import type { RestorePoint } from '@snapfleet/client';
import { duration } from './units.js';

/** How long a workload was away, and by which clock where that may have been set meanwhile. */
export const downtime = (ms: number, clock: RestorePoint['downtimeClock']): string =>
  `${duration(ms)}${clock === 'wall' ? ' by the clock of the device' : ''}`;
