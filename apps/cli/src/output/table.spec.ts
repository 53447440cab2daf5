import { expect, test } from 'vitest';
import { properties, table } from './table.js';

test('columns are as wide as their widest cell, and lines have no blanks at the end', () => {
  expect(
    table(
      ['ID', 'PHASE'],
      [
        ['1', 'requested'],
        ['22', 'x'],
      ],
    ),
  ).toBe('ID  PHASE\n1   requested\n22  x');
});

test('cells from outside cannot act on the terminal', () => {
  expect(table(['NAME'], [['a\u001b[2J\nb']])).toBe('NAME\na\\x1b[2J\\x0ab');
});

test('properties without a value are left out', () => {
  expect(
    properties([
      ['Phase', 'failed'],
      ['Error', undefined],
      ['Reason', 'x\ny'],
    ]),
  ).toBe('Phase:   failed\nReason:  x\\x0ay');
});
