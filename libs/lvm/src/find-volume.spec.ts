import { readFileSync } from 'node:fs';
import { LogicalVolumeFacts, SnapfleetError, VolumeHandle } from '@snapfleet/contracts';
import { describe, expect, it } from 'vitest';
import { findThinVolume, poolFacts, toFacts } from './find-volume.js';
import { parseVolumeGroupNames, parseVolumes } from './reported-volume.js';

// Written by lvm2 2.03.16 in a real thin pool: 1 a volume, 2 its read-only snapshot, 3 a snapshot whose origin was removed,
// 4 a linear volume, 5 a snapshot that was never activated. `ambiguous` has a second group with a volume 1.
const golden = (name: string): string =>
  readFileSync(new URL(`./golden/lvs-2.03.16-${name}.out`, import.meta.url), 'utf8');
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
      lvUuid: 'nh80ZK-2kJ2-fZi2-kQV1-Tc26-LxXV-GTTluO',
      path: `/dev/rhel/${handle(2)}`,
      pool: 'thinpool',
      origin: handle(1),
      sizeBytes: 300 << 20,
      mappedPercent: 3.02,
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

  it('tells how full the pools are', () => {
    expect(poolFacts(volumes)).toEqual([
      {
        volumeGroup: 'rhel',
        pool: 'thinpool',
        sizeBytes: 1 << 30,
        dataPercent: 0.89,
        metadataPercent: 11.13,
        virtualBytes: 4 * (300 << 20),
      },
    ]);
    expect(poolFacts(volumes, ['other'])).toEqual([]);
  });

  it('is refused when it is none', () => {
    expect(codeOf(() => parseVolumes('Volume group "rhel" not found'))).toBe('lvm_failed');
    expect(codeOf(() => parseVolumes('{"report":[{"lv":[{"lv_name":"x"}]}]}'))).toBe('lvm_failed');
  });
});

describe('a report of vgs', () => {
  it('names the volume groups', () => {
    expect(parseVolumeGroupNames(readFileSync(new URL('./golden/vgs-2.03.16.out', import.meta.url), 'utf8'))).toEqual([
      'rhel',
    ]);
  });
});
