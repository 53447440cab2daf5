import { expect, test } from 'vitest';
import { failpointOf, failpointPattern } from './failpoint.js';

test.each(['cutting:after:kill', 'cutting:before:hold,cleaning:after:tell'])('%s is a setting', (setting) => {
  expect(failpointPattern.test(setting)).toBe(true);
});

test.each(['', 'cutting', 'cutting:during:kill', 'cutting:after:stop', 'cutting:after:kill,'])(
  '"%s" is none',
  (setting) => {
    expect(failpointPattern.test(setting)).toBe(false);
  },
);

test('a point that is not named goes on without a word', async () => {
  await expect(failpointOf('cutting:after:kill')('cutting', 'before')).resolves.toBeUndefined();
});
