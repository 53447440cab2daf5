import { describe, expect, it } from 'vitest';
import { comparePaths } from './path-order.js';

describe('comparePaths', () => {
  it('puts the root first, and all that is in a directory right after it', () => {
    const paths = ['', 'a', 'a/', 'a/b', 'a/b/c', 'a/b-c', 'a\x01', 'a-b', 'a.b', 'a0', 'b', '\xff'].filter(
      (p) => p !== 'a/',
    );
    const shuffled = [...paths].reverse().map((path) => Buffer.from(path, 'latin1'));
    expect(shuffled.sort(comparePaths).map((path) => path.toString('latin1'))).toEqual(paths);
  });
});
