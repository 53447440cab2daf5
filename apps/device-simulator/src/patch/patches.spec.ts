import { describe, expect, it } from 'vitest';
import { ApiError } from '../store/api-error.js';
import { jsonPatch } from './json-patch.js';
import { mergePatch } from './merge-patch.js';
import { strategicMergePatch } from './strategic-merge-patch.js';

describe('patches', () => {
  it('merges by RFC 7396: null removes, lists are replaced', () => {
    const target = { a: 1, b: { c: 2, d: [1, 2] }, e: 'x' };
    expect(mergePatch(target, { a: null, b: { d: [3] }, f: { g: null, h: 1 } })).toEqual({
      b: { c: 2, d: [3] },
      e: 'x',
      f: { h: 1 },
    });
  });

  it('applies the operations of RFC 6902 in order', () => {
    const target = { list: ['a', 'b'], map: { 'x/y': 1 } };
    const operations = [
      { op: 'add', path: '/list/1', value: 'between' },
      { op: 'add', path: '/list/-', value: 'last' },
      { op: 'replace', path: '/map/x~1y', value: 2 },
      { op: 'copy', from: '/list/0', path: '/first' },
      { op: 'move', from: '/list/0', path: '/moved' },
      { op: 'test', path: '/list/0', value: 'between' },
    ];
    expect(jsonPatch(target, operations)).toEqual({
      list: ['between', 'b', 'last'],
      map: { 'x/y': 2 },
      first: 'a',
      moved: 'a',
    });
    expect(target.list).toEqual(['a', 'b']);
  });

  it.each([
    [422, [{ op: 'remove', path: '/absent' }]],
    [422, [{ op: 'test', path: '/a', value: 2 }]],
    [400, [{ op: 'invent', path: '/a' }]],
    [400, { a: 1 }],
  ])('refuses with %i what cannot be applied', (code, patch) => {
    expect(() => jsonPatch({ a: 1 }, patch)).toThrow(expect.objectContaining({ code }) as ApiError);
  });

  it('finds items of known lists by their key in a strategic merge', () => {
    const target = { containers: [{ name: 'a', image: '1', args: ['x'] }, { name: 'b' }], finalizers: ['one'] };
    const patch = {
      containers: [{ name: 'a', image: '2' }, { name: 'b', $patch: 'delete' }, { name: 'c' }],
      finalizers: ['two'],
    };
    expect(strategicMergePatch(target, patch)).toEqual({
      containers: [{ name: 'a', image: '2', args: ['x'] }, { name: 'c' }],
      finalizers: ['one', 'two'],
    });
    const removal = { '$deleteFromPrimitiveList/finalizers': ['one'] };
    expect(strategicMergePatch({ finalizers: ['one', 'two'] }, removal)).toEqual({ finalizers: ['two'] });
  });
});
