import { expect, test } from 'vitest';
import { DeviceId, restorePointIdFor } from './identifiers.js';

test('the same device and key always name the same restore point', () => {
  const device = DeviceId.parse('edge-1');
  expect(restorePointIdFor(device, 'nightly')).toBe(restorePointIdFor(device, 'nightly'));
  expect(restorePointIdFor(device, 'nightly')).not.toBe(restorePointIdFor(device, 'weekly'));
  expect(restorePointIdFor(device, 'nightly')).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});
