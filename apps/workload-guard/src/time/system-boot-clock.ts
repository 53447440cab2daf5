import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { BootClock } from './boot-clock.js';

const uptimeFile = '/proc/uptime';
const bootIdFile = '/proc/sys/kernel/random/boot_id';
const Seconds = z.coerce.number().nonnegative();

/**
 * The kernel's clocks. `/proc/uptime` is CLOCK_BOOTTIME (fs/proc/uptime.c): it goes on while the machine is suspended, and
 * setting the time of day does not move it.
 */
export class SystemBootClock implements BootClock {
  readonly bootId = readFileSync(bootIdFile, 'ascii').trim();

  uptimeMs(): number {
    const [seconds] = readFileSync(uptimeFile, 'ascii').split(' ');
    return Math.round(Seconds.parse(seconds) * 1000);
  }

  now(): Date {
    return new Date();
  }

  async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    await sleep(milliseconds, undefined, { signal });
  }
}
