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

test('one that is aborted leaves the queue, and takes no slot from those behind it', async () => {
  const slots = new Slots(1);
  expect(await slots.acquire()).toBe(true);
  const leaving = new AbortController();
  const left = slots.acquire(leaving.signal);
  const next = slots.acquire();
  leaving.abort();
  expect(await left).toBe(false);
  slots.release();
  expect(await next).toBe(true);
  expect(await slots.acquire(leaving.signal)).toBe(false);
});
