import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keyOf, orderOf, quiescedDeployment, year } from '../testing/samples.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import { TimerStore } from './timer-store.js';
import { Timers } from './timers.js';

const hour = 3_600_000;
const quiesced = quiescedDeployment(new FakeCluster());
const key = keyOf(quiesced);
let directory: string;
let clock: VirtualClock;
let store: TimerStore;
let timers: Timers;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'snapfleet-timers-'));
  clock = new VirtualClock();
  store = TimerStore.open(directory);
  timers = new Timers(store, clock, hour);
});

afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});

test('a timer that is armed again keeps its time', async () => {
  const first = timers.arm(key, orderOf(quiesced));
  await clock.advance(60_000);
  const second = timers.arm(key, orderOf(quiesced));
  expect(second.dueAt).toBe(first.dueAt);
  expect(timers.remainingMs(second)).toBe(840_000);
});

test('the setting of the device bounds what a command allows', () => {
  const timer = timers.arm(key, orderOf(quiesced, 86_400));
  expect(timers.remainingMs(timer)).toBe(hour);
});

test('a timer that was ended cannot be armed again, nor one that fires or has fired', () => {
  const armed = timers.arm(key, orderOf(quiesced));
  const firing = timers.fire(armed, []);
  expect(() => timers.arm(key, orderOf(quiesced))).toThrow(expect.objectContaining({ code: 'operation_superseded' }));
  timers.finish(firing, { resumedAt: clock.now().toISOString(), replicas: 3 });
  expect(() => timers.arm(key, orderOf(quiesced))).toThrow(expect.objectContaining({ code: 'operation_superseded' }));
  expect(timers.disarm(key)).toMatchObject({ state: 'brought-back', replicas: 3 });
});

test('an end that overtakes its beginning is remembered', () => {
  expect(timers.disarm(key)).toMatchObject({ state: 'disarmed', wasArmed: false });
  expect(() => timers.arm(key, orderOf(quiesced))).toThrow(expect.objectContaining({ code: 'operation_superseded' }));
  expect(timers.disarm(key)).toMatchObject({ wasArmed: false });
  expect(timers.open()).toEqual([]);
});

test.each([year, -year])(
  'how long a workload was away is counted by the time since the boot: a clock that jumps by %s ms',
  async (jump) => {
    timers.arm(key, orderOf(quiesced));
    await clock.advance(40_000);
    clock.jump(jump);
    timers.checkpoint();
    await clock.advance(5_000);
    // The guard was killed, and reads its file.
    const next = new Timers(store, clock, hour);
    expect(next.disarm(key)).toMatchObject({ downtimeMs: 45_000 });
    await clock.advance(60_000);
    expect(next.disarm(key)).toMatchObject({ downtimeMs: 45_000 });
  },
);

test('how long it was away is told of a timer that was faster too, whenever it is asked for', async () => {
  const armed = timers.arm(key, orderOf(quiesced));
  await clock.advance(900_000);
  const firing = timers.fire(armed, []);
  clock.jump(-year);
  await clock.advance(2_000);
  timers.finish(firing, { resumedAt: clock.now().toISOString() });
  await clock.advance(60_000);
  expect(timers.disarm(key)).toMatchObject({ state: 'brought-back', downtimeMs: 902_000 });
});

test.each([
  ['over a boot', () => clock.reboot(5_000)],
  ['of a workload that was found away', () => timers.adopt(quiesced, 60_000)],
  ['of a workload that was found back', () => timers.disarm(key, 'before')],
])('how long it was away is not told %s', (_what, happens) => {
  timers.arm(key, orderOf(quiesced));
  happens();
  expect(timers.disarm(key)).toMatchObject({ state: 'disarmed', wasArmed: true });
  expect(timers.disarm(key)).not.toHaveProperty('downtimeMs');
});

test('boots in a row, each with a clock that begins in the past, do not give a timer its time again', async () => {
  const timer = timers.arm(key, orderOf(quiesced));
  for (let boot = 0; boot < 3; boot += 1) {
    await clock.advance(250_000);
    timers.checkpoint();
    clock.jump(-year);
    clock.reboot(0);
    // The guard does this at its start.
    timers.checkpoint();
  }
  const [left] = timers.open();
  expect(left?.state === 'armed' && timers.remainingMs(left)).toBe(150_000);
  expect(left).toMatchObject({ dueAt: timer.dueAt });
});

test('a workload that was back before and is away again proves nothing of what was cut since', () => {
  const firing = timers.fire(timers.arm(key, orderOf(quiesced)), ['s-1' as never]);
  timers.finish(firing, { resumedAt: clock.now().toISOString() });
  expect(timers.adopt(quiesced, 0)).toMatchObject({ state: 'firing', readySnapshots: ['s-1'] });
});
