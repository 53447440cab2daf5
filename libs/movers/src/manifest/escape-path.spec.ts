import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapePath, unescapePath } from './escape-path.js';

describe('escapePath', () => {
  it('leaves printable text as it is', () => {
    expect(escapePath(Buffer.from('dir/été 日本.txt'))).toBe('dir/été 日本.txt');
  });

  it('escapes line breaks, backslashes, bytes that are not UTF-8 and characters that change the direction', () => {
    expect(escapePath(Buffer.from('a\nb\\c\xff', 'latin1'))).toBe('a\\x0ab\\x5cc\\xff');
    expect(escapePath(Buffer.from('\u202e'))).toBe('\\xe2\\x80\\xae');
  });

  it('gives every name of bytes its own text, which can be turned back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(unescapePath(escapePath(bytes))).toEqual(Buffer.from(bytes));
      }),
    );
  });
});

describe('unescapePath', () => {
  it('refuses a backslash that escapes nothing', () => {
    expect(() => unescapePath('a\\n')).toThrow(RangeError);
  });
});
