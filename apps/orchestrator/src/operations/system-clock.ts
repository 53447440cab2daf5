import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from './operation-runner.js';

/** The time of this machine. */
export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
};
