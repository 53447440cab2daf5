import { LogicalVolumeFacts, SnapfleetError, VolumeHandle } from '@snapfleet/contracts';
import { describe, expect, it } from 'vitest';
import { findThinVolume, findVolume, thinVolumesOf, toFacts } from './find-volume.js';
import { golden } from './golden/golden.js';
import { parseVolumes } from './reported-volume.js';

// Written by lvm2 2.03.16 in a real thin pool: 1 a volume, 2 its read-only snapshot, 3 a snapshot whose origin was removed,
// 4 a linear volume, 5 a snapshot that was never activated. `ambiguous` has a second group with a volume 1.
const handle = (digit: number): VolumeHandle =>
  VolumeHandle.parse(`dddddddd-dddd-4ddd-8ddd-dddddddddddd`.replaceAll('d', String(digit)));
const volumes = parseVolumes(golden('volumes'));

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof SnapfleetError) return error.code;
  }
  return 'no error';
}

describe('a report of lvs', () => {
  it('tells a read-only snapshot with its pool and origin', () => {
    const facts = toFacts(findThinVolume(volumes, handle(2)));
    expect(LogicalVolumeFacts.parse(facts)).toEqual({
      volumeGroup: 'rhel',
      logicalVolume: handle(2),
      lvUuid: 'dUt9TW-rVaN-hqf2-eVcx-0UaO-FEGp-wDfawZ',
      path: `/dev/rhel/${handle(2)}`,
      pool: 'thinpool',
      origin: handle(1),
      sizeBytes: 300 << 20,
      mappedPercent: 21.48,
      access: 'read-only',
      active: true,
    });
  });

  it('tells a writable volume', () => {
    expect(findThinVolume(volumes, handle(1))).toMatchObject({
      access: 'read-write',
      device: { major: 254, minor: 6 },
    });
  });

  it('tells an inactive volume, of which neither the device nor the mapped part is known', () => {
    const volume = findThinVolume(volumes, handle(5));
    expect(volume).toMatchObject({ active: false, access: 'read-write', device: undefined });
    expect(toFacts(volume)).not.toHaveProperty('mappedPercent');
  });

  it('finds a snapshot whose origin is gone', () => {
    expect(findThinVolume(volumes, handle(3)).origin).toBe('');
  });

  it('has no volume of an unknown handle', () => {
    expect(codeOf(() => findThinVolume(volumes, handle(6)))).toBe('volume_not_found');
    expect(codeOf(() => findThinVolume(parseVolumes(golden('none')), handle(6)))).toBe('volume_not_found');
  });

  it('refuses a volume that is not thin', () => {
    expect(codeOf(() => findThinVolume(volumes, handle(4)))).toBe('volume_not_thin');
  });

  it('refuses to choose between two volume groups, unless one is named', () => {
    const both = parseVolumes(golden('ambiguous'));
    expect(codeOf(() => findThinVolume(both, handle(1)))).toBe('volume_ambiguous');
    expect(findThinVolume(both, handle(1), ['data']).fullName).toBe(`data/${handle(1)}`);
    expect(codeOf(() => findThinVolume(both, handle(1), ['other']))).toBe('volume_not_found');
  });

  it('finds a volume of any type where that is asked', () => {
    expect(findVolume(volumes, handle(4)).segmentType).toBe('linear');
  });

  it.each([
    ['its own row', { logicalVolume: handle(1), volumeGroup: 'rhel' }],
    ['a row of its name in another group', { logicalVolume: handle(1), volumeGroup: 'data' }],
    ['a row without a name', { logicalVolume: undefined, volumeGroup: undefined }],
  ])('does not decide where %s is not understood', (_what, row) => {
    const doubtful = { ...volumes, unreadable: [{ ...row, why: 'lv_size: Invalid string' }] };
    expect(() => findThinVolume(doubtful, handle(1))).toThrow('is not understood: lv_size: Invalid string');
    expect(codeOf(() => findThinVolume(doubtful, handle(1)))).toBe('lvm_failed');
  });

  it('finds a volume although rows that cannot be it are not understood', () => {
    const unreadable = [
      { volumeGroup: 'rhel', logicalVolume: 'other', why: '' },
      { volumeGroup: 'data', logicalVolume: handle(1), why: '' },
    ];
    expect(findThinVolume({ ...volumes, unreadable }, handle(1), ['rhel']).logicalVolume).toBe(handle(1));
  });
});

describe('the thin volumes of a report', () => {
  const unreadable = [{ volumeGroup: 'data', logicalVolume: handle(6), why: 'nonsense' }];

  it('are all of them and nothing else, by their full names', () => {
    const names = thinVolumesOf(volumes, ['rhel']).map(({ logicalVolume }) => logicalVolume);
    expect(names).toEqual([1, 2, 3, 5].map(handle));
  });

  it('are not told where one of a group that is looked at was not understood, for it would be taken for gone', () => {
    expect(codeOf(() => thinVolumesOf({ ...volumes, unreadable }))).toBe('lvm_failed');
    expect(codeOf(() => thinVolumesOf({ ...volumes, unreadable }, ['rhel']))).toBe('no error');
  });
});
