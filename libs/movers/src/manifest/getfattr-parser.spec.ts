import { describe, expect, it } from 'vitest';
import { GetfattrParser } from './getfattr-parser.js';

const printed = Buffer.from(
  [
    '# file: .',
    'user.root=0x31',
    '',
    '# file: ./two\\012lines',
    'security.selinux=0x00',
    'trusted.overlay=0x79',
    'user.a\\075b=0x00ff',
    'user.empty',
    '',
    '# file: ./d/not utf-8 \xff',
    'system.posix_acl_access=0x0200',
    '',
  ].join('\n'),
  'latin1',
);

describe('GetfattrParser', () => {
  it('reads names and values with their escapes, wherever the output is cut', () => {
    for (let cut = 0; cut <= printed.length; cut += 1) {
      const parser = new GetfattrParser();
      parser.push(printed.subarray(0, cut));
      parser.push(printed.subarray(cut));
      expect([...parser.end().byPath]).toEqual([
        ['', { 'user.root': '31' }],
        ['two\nlines', { 'user.a=b': '00ff', 'user.empty': '' }],
        ['d/not utf-8 \xff', { 'system.posix_acl_access': '0200' }],
      ]);
    }
  });

  it('lists the attributes that are not kept', () => {
    const parser = new GetfattrParser();
    parser.push(printed);
    expect(parser.end().skipped).toEqual(['security.selinux', 'trusted.*']);
  });

  it('keeps no more than is allowed, and names the file at which it was too much', () => {
    const file = (name: string, bytes: number) => Buffer.from(`# file: ./${name}\nuser.a=0x${'00'.repeat(bytes)}\n\n`);
    const most = { ofFile: 5000, ofTree: 10_000 };
    const within = new GetfattrParser(most);
    for (let index = 0; index < 9; index += 1) within.push(file(`f${String(index)}`, 100));
    expect(within.excess).toBeUndefined();
    expect(within.end().byPath.size).toBe(9);

    const ofFile = new GetfattrParser(most);
    ofFile.push(file('big', 2600));
    expect(ofFile.excess).toEqual({ path: 'big', of: 'file' });

    const ofTree = new GetfattrParser(most);
    // Equal values are held once; these differ.
    for (let index = 0; index < 100; index += 1)
      ofTree.push(Buffer.from(`# file: ./f${String(index)}\nuser.a=0x${String(index).padStart(400, '0')}\n\n`));
    expect(ofTree.excess?.of).toBe('tree');
    expect(ofTree.end().byPath.size).toBeLessThan(25);
  });

  it('counts a value that many files have once', () => {
    const parser = new GetfattrParser({ ofFile: 5000, ofTree: 40_000 });
    for (let index = 0; index < 100; index += 1)
      parser.push(Buffer.from(`# file: ./f${String(index)}\nuser.a=0x${'0'.repeat(1000)}\n\n`));
    expect(parser.excess).toBeUndefined();
  });
});
