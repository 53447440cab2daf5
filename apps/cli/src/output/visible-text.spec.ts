import fc from 'fast-check';
import { expect, test } from 'vitest';
import { visible, visibleLines } from './visible-text.js';

test.each([
  ['plain text, ünïcode and 日本語', 'plain text, ünïcode and 日本語'],
  ['red \u001b[31m', 'red \\x1b[31m'],
  ['two\nlines\r\tand a tab', 'two\\x0alines\\x0d\\x09and a tab'],
  ['a C1 \u009b31m', 'a C1 \\x9b31m'],
  ['turned \u202egnp.exe', 'turned \\u{202e}gnp.exe'],
  ['hidden \u200b', 'hidden \\u{200b}'],
  ['half \ud83d', 'half \\u{d83d}'],
  ['whole 😀', 'whole 😀'],
])('shows %j as it is safe for a terminal', (text, shown) => {
  expect(visible(text)).toBe(shown);
});

test('nothing that a terminal acts on is left of any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(visible(text)).not.toMatch(/\p{Cc}/u);
    }),
  );
});

test('lines are kept apart', () => {
  expect(visibleLines('one\r\ntwo\u0007\nthree')).toEqual(['one', 'two\\x07', 'three']);
});
