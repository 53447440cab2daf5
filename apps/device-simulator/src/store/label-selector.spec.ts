import { expect, it } from 'vitest';
import { matchesLabels, parseLabelSelector } from './label-selector.js';

it.each([
  ['', true],
  ['app=shop', true],
  ['app==shop,tier!=db', true],
  ['app in (shop, other),tier', true],
  ['app notin (shop)', false],
  ['!app', false],
  ['absent!=x', true],
  ['app=other', false],
])('"%s" selects app=shop,tier=web: %s', (selector, selected) => {
  const parsed = parseLabelSelector(selector);
  expect(parsed !== undefined && matchesLabels(parsed, { app: 'shop', tier: 'web' })).toBe(selected);
});

it('refuses what is no selector', () => {
  expect(parseLabelSelector('a=b=c d')).toBeUndefined();
});
