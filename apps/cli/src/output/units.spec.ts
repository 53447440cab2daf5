import { expect, test } from 'vitest';
import { bytes, duration, moment } from './units.js';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1_610_612_736, '1.5 GiB'],
  [Number.MAX_SAFE_INTEGER, '8.0 PiB'],
])('%d bytes are %s', (count, text) => {
  expect(bytes(count)).toBe(text);
});

test.each([
  [0, '0 ms'],
  [850, '850 ms'],
  [12_340, '12.3 s'],
  [250_000, '4 min 10 s'],
  [7_500_000, '2 h 5 min'],
])('%d milliseconds are %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('a moment is shown in UTC', () => {
  expect(moment('2026-11-23T11:00:00+01:00')).toBe('2026-11-23 10:00:00Z');
});
