import { readFileSync } from 'node:fs';
import { SnapfleetError } from '@snapfleet/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { golden } from './golden/golden.js';
import { volumeColumns } from './lvm-arguments.js';
import { parseVolumeGroupNames, parseVolumes } from './reported-volume.js';

type Row = Record<string, string>;
const rows = (JSON.parse(golden('volumes')) as { report: [{ lv: Row[] }] }).report[0].lv;
const reportOf = (lv: readonly unknown[]): string => JSON.stringify({ report: [{ lv }] });
const code = (action: () => unknown): string => {
  try {
    action();
    return 'no error';
  } catch (error) {
    return SnapfleetError.from(error).code;
  }
};

describe('a report of lvs', () => {
  it('is understood as it is written', () => {
    const { volumes, unreadable } = parseVolumes(golden('volumes'));
    expect(volumes).toHaveLength(rows.length);
    expect(unreadable).toEqual([]);
    expect(Object.keys(rows[0] ?? {}).sort()).toEqual([...volumeColumns].sort());
  });

  it.each(['', 'Volume group "rhel" not found', '[]', '{"report":{}}', '{"report":[{"lv":{}}]}', '{"report":'])(
    'is refused when it is none: %j',
    (stdout) => {
      expect(code(() => parseVolumes(stdout))).toBe('lvm_failed');
    },
  );

  it('loses no other volume by a row that is not understood, and tells which one that is', () => {
    const [bad = {}, ...good] = rows;
    const { volumes, unreadable } = parseVolumes(reportOf([{ ...bad, lv_size: '1.00g' }, ...good]));
    expect(volumes).toHaveLength(good.length);
    expect(unreadable).toEqual([
      { volumeGroup: 'rhel', logicalVolume: bad['lv_name'], why: expect.stringContaining('lv_size') as unknown },
    ]);
  });

  it('reads every row or names it, whatever is in its fields', () => {
    const text = fc.oneof(
      fc.constantFrom(
        '',
        '-1',
        'unknown',
        '1.5',
        '99999999999999999999',
        '$(id)',
        '../..',
        '\0',
        'a--b',
        'x'.repeat(300),
      ),
      fc.string(),
    );
    const field = fc.oneof(text, fc.constantFrom(null, 1, true, [], {}));
    const changes = fc.dictionary(fc.constantFrom(...volumeColumns), field, { maxKeys: 3 });
    const row = fc.oneof(
      fc.tuple(fc.constantFrom(...rows), changes).map(([known, changed]) => ({ ...known, ...changed })),
      fc.anything(),
    );
    fc.assert(
      fc.property(fc.array(row, { maxLength: 8 }), (given) => {
        // What cannot be written as JSON cannot come from lvs.
        const list = JSON.parse(JSON.stringify(given)) as unknown[];
        const { volumes, unreadable } = parseVolumes(reportOf(list));
        expect(volumes.length + unreadable.length).toBe(list.length);
        for (const { sizeBytes, volumeGroup, logicalVolume, dataPercent = 0 } of volumes) {
          expect(Number.isSafeInteger(sizeBytes) && Number.isFinite(dataPercent)).toBe(true);
          expect(volumeGroup.length * logicalVolume.length).toBeGreaterThan(0);
        }
      }),
    );
  });
});

describe('a report of vgs', () => {
  it('names the volume groups', () => {
    const vgs = readFileSync(new URL('./golden/vgs-2.03.16.out', import.meta.url), 'utf8');
    expect(parseVolumeGroupNames(vgs)).toEqual(['rhel']);
  });
});
