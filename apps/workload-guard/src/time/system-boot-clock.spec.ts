import { expect, test } from 'vitest';
import { never } from '../testing/samples.js';
import { SystemBootClock } from './system-boot-clock.js';

test('the time since the boot goes on, and every look at one boot gives the same identity', async () => {
  const clock = new SystemBootClock();
  const before = clock.uptimeMs();
  await clock.sleep(30, never);
  expect(clock.uptimeMs()).toBeGreaterThan(before);
  expect(new SystemBootClock().bootId).toBe(clock.bootId);
  expect(clock.bootId).toMatch(/^[0-9a-f-]{36}$/);
});
