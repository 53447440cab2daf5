import { expect, test } from 'vitest';
import { bytesOfQuantity } from './quantity.js';

test.each([
  ['1073741824', 1_073_741_824],
  ['1Gi', 1_073_741_824],
  ['1.5Gi', 1_610_612_736],
  ['100M', 100_000_000],
  ['5k', 5_000],
  ['1e9', 1_000_000_000],
  ['1E3', 1_000],
  ['12E', Number.NaN],
  ['1500m', 2],
  ['0', 0],
])('%s is %d bytes', (quantity, bytes) => {
  if (Number.isNaN(bytes)) expect(() => bytesOfQuantity(quantity)).toThrow('more bytes than');
  else expect(bytesOfQuantity(quantity)).toBe(bytes);
});

test.each(['', 'Gi', '1 Gi', '-1Gi', '1KiB', '1e999', 'NaN'])('refuses "%s"', (quantity) => {
  expect(() => bytesOfQuantity(quantity)).toThrow(RangeError);
});
