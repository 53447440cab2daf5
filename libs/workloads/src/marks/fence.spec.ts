import { FencingToken } from '@snapfleet/contracts';
import type { KubernetesObject } from '@snapfleet/kubernetes';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fenceOf, fencePatch, highestFence, isFenced } from './fence.js';

const annotated = (text?: string): KubernetesObject => ({
  metadata: {
    name: 'orders',
    uid: 'u',
    resourceVersion: '1',
    ...(text === undefined ? {} : { annotations: { 'snapfleet.io/fencing-token': text } }),
  },
});
const token = (value: number): FencingToken => FencingToken.parse(value);
const highest = Number.MAX_SAFE_INTEGER;

test.each([1, 2 ** 32, 2 ** 52, 2 ** 52 + 1, highest - 1, highest])('what operation %d notes fences it', (value) => {
  expect(fencePatch(annotated(), token(value))).toMatchObject({
    metadata: { uid: 'u', resourceVersion: '1', annotations: { 'snapfleet.io/fencing-token': String(value) } },
  });
  expect(isFenced(annotated(String(value)), token(value))).toBe(true);
  if (value > 1) expect(isFenced(annotated(String(value - 1)), token(value))).toBe(false);
});

test('whatever token is given, its note fences it and all before it, and none after it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: highest }), fc.integer({ min: 1, max: highest }), (one, other) => {
      expect(isFenced(annotated(String(one)), token(other))).toBe(other <= one);
    }),
  );
});

test.each(['', '0', '-1', '1.5', '1e3', ' 7', String(2 ** 53), '9'.repeat(40)])('%j is no number of ours', (text) => {
  expect(fenceOf(annotated(text))).toBeUndefined();
  expect(fencePatch(annotated(text), token(7))).toBeDefined();
});

test('the highest of some objects', () => {
  expect(highestFence([annotated('7'), undefined, annotated(), annotated('40'), annotated('9')])).toBe(40);
  expect(highestFence([annotated()])).toBeUndefined();
});
