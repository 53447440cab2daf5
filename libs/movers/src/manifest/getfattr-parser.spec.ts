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
});
