import { describe, expect, it } from 'vitest';
import { decimalSeconds } from './dig-holes.js';
import { backupLine, restoreLine } from './restic-output.js';

const id = '0123456789abcdef'.repeat(4);

describe('the output of restic', () => {
  it('tells progress and, at the end, the snapshot', () => {
    expect(backupLine('{"message_type":"status","percent_done":0.5,"files_done":2,"bytes_done":10}')).toEqual({
      bytesDone: 10,
      filesDone: 2,
    });
    const summary = { message_type: 'summary', snapshot_id: id, data_added: 5, data_added_packed: 3 };
    expect(backupLine(JSON.stringify({ ...summary, files_new: 1 }))).toEqual({ summary });
    expect(restoreLine('{"message_type":"status","files_restored":1,"bytes_restored":4}')).toEqual({
      bytesDone: 4,
      filesDone: 1,
    });
  });

  it('may hold lines that are not known', () => {
    expect(backupLine('repository opened')).toEqual({});
    expect(restoreLine('{"message_type":"other"}')).toBeUndefined();
  });
});

describe('decimalSeconds', () => {
  it('keeps nanoseconds, before 1970 too', () => {
    expect([1_700_000_000_123_456_789n, 1n, 0n, -500_000_000n, -1_500_000_000n].map(decimalSeconds)).toEqual([
      '1700000000.123456789',
      '0.000000001',
      '0.000000000',
      '-0.500000000',
      '-1.500000000',
    ]);
  });
});
