import { expect, test } from 'vitest';
import { Slots } from './slots.js';

test('gives a slot that becomes free to the one that has waited longest', async () => {
  const slots = new Slots(1);
  const order: string[] = [];
  await slots.acquire();
  const first = slots.acquire().then(() => order.push('first'));
  const second = slots.acquire().then(() => order.push('second'));
  slots.release();
  await first;
  expect(order).toEqual(['first']);
  slots.release();
  await second;
  expect(order).toEqual(['first', 'second']);
});
