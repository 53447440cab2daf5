import { beforeEach, expect, test } from 'vitest';
import { year } from '../testing/samples.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import { anchoredNow, remainingMs, type Anchor } from './anchor.js';

const minute = 60_000;
let clock: VirtualClock;
let anchor: Anchor;
let dueAt: string;

beforeEach(() => {
  clock = new VirtualClock();
  anchor = { bootId: clock.bootId, uptimeMs: clock.uptimeMs(), remainingMs: 15 * minute };
  dueAt = new Date(clock.now().getTime() + 15 * minute).toISOString();
});

const left = () => anchoredNow(anchor, dueAt, clock).remainingMs;

test('what is left goes down with the time since the boot', async () => {
  await clock.advance(5 * minute);
  expect(left()).toBe(10 * minute);
  await clock.advance(20 * minute);
  expect(left()).toBe(0);
});

test.each([year, -year])('a clock that jumps by %s ms changes nothing within a boot', async (jump) => {
  clock.jump(jump);
  await clock.advance(5 * minute);
  expect(left()).toBe(10 * minute);
});

test('after a boot the time that the machine was off counts', () => {
  clock.reboot(5 * minute);
  expect(left()).toBe(10 * minute);
});

test('after a boot with a clock that went back there is no more than before', () => {
  clock.jump(-year);
  clock.reboot(0);
  expect(left()).toBe(15 * minute);
});

test('after a boot with a clock that went forward it is over', () => {
  clock.jump(year);
  clock.reboot(0);
  expect(left()).toBe(0);
});

test('once it is anchored in the new boot, the clock counts no more', async () => {
  clock.reboot(5 * minute);
  anchor = anchoredNow(anchor, dueAt, clock);
  clock.jump(-year);
  await clock.advance(minute);
  expect(left()).toBe(9 * minute);
});

test('a time since the boot that goes back, as in a container that was made again, gives no more than there was', () => {
  const later = { ...anchor, uptimeMs: anchor.uptimeMs + year };
  expect(remainingMs(later, clock)).toBe(15 * minute);
});
