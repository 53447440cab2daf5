import { InvalidArgumentError } from 'commander';
import { expect, test } from 'vitest';
import {
  gather,
  parseCount,
  parseDuration,
  parseSeconds,
  parseSize,
  parseStart,
  parseVolume,
  parseWorkload,
} from './parse-arguments.js';

test('durations, sizes, counts, volumes and workloads are read', () => {
  expect(parseDuration('90s')).toBe(90_000);
  expect(parseDuration('2h')).toBe(7_200_000);
  expect(parseSeconds('1500ms')).toBe(2);
  expect(parseSize('2Gi')).toBe(2_147_483_648);
  expect(parseSize('1000')).toBe(1000);
  expect(parseCount('3')).toBe(3);
  expect(parseVolume('shop/orders')).toEqual({ namespace: 'shop', persistentVolumeClaim: 'orders' });
  expect(parseWorkload('deployment/orders')).toEqual({ kind: 'Deployment', name: 'orders' });
  expect(gather('a,b', ['c'])).toEqual(['c', 'a', 'b']);
  expect(parseStart('now')).toBe('now');
  expect(parseStart('2026-11-23T10:00:00Z')).toEqual(new Date('2026-11-23T10:00:00Z'));
});

test.each([
  [parseDuration, '15'],
  [parseDuration, '-1s'],
  [parseSize, '2GB'],
  [parseSize, '9000000Ti'],
  [parseCount, '0'],
  [parseVolume, 'orders'],
  [parseVolume, 'a/b/c'],
  [parseWorkload, 'Job/x'],
  [parseStart, 'yesterday'],
])('%o refuses %s and says how to write it', (parse: (text: string) => unknown, text) => {
  expect(() => parse(text)).toThrow(InvalidArgumentError);
  expect(() => parse(text)).toThrow(/Write/);
});
