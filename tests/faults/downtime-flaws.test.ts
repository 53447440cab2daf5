import { expect, test } from 'vitest';
import { downtimeFlaws } from './downtime-flaws.js';
import { clockJumps, killAll } from './fault-list.js';

const sixHoursMs = 6 * 3_600_000;

test('a downtime that was counted, and lies within the run, is right', () => {
  expect(downtimeFlaws({ downtimeMs: 4_000, downtimeClock: 'boot' }, clockJumps('back'), 9_000)).toEqual([]);
});

test.each([
  ['longer than the run', { downtimeMs: sixHoursMs, downtimeClock: 'boot' }],
  ['of no time at all', { downtimeMs: 0, downtimeClock: 'boot' }],
  ['by a clock that was set', { downtimeMs: 4_000, downtimeClock: 'wall' }],
  ['by a clock that is not told', { downtimeMs: 4_000 }],
  ['that is not told', {}],
] as const)('a downtime %s is not', (_what, told) => {
  expect(downtimeFlaws(told, clockJumps('forward'), 9_000)).toHaveLength(1);
});

test('where nobody has counted it and no clock was set, nothing is known against it', () => {
  expect(downtimeFlaws({ downtimeMs: 4_000, downtimeClock: 'wall' }, killAll, 9_000)).toEqual([]);
});
