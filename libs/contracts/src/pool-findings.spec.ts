import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogicalVolumeFacts } from './agent-commands/host-commands.js';
import { poolHealths, ThinPoolFacts } from './agent-commands/pool-commands.js';
import { VolumeHandle } from './identifiers.js';
import { poolFindings, snapshotsLeft, surveyFindings, thickVolume } from './pool-findings.js';

const gibibyte = 1 << 30;
const pool = ThinPoolFacts.parse({
  volumeGroup: 'rhel',
  pool: 'thinpool',
  sizeBytes: 10 * gibibyte,
  dataPercent: 79.99,
  metadataPercent: 79.99,
  virtualBytes: 96 * gibibyte,
  health: 'ok',
  chunkBytes: 65_536,
  zeroing: true,
  whenFull: 'queue',
  budget: { deviceClass: 'thin', overprovisionRatio: 10, freeBytes: 4 * gibibyte },
});
const limits = { dataPercent: 80, metadataPercent: 80 };
const textOf = (changes: Partial<ThinPoolFacts>, sizes: number[] = [gibibyte]): string[] =>
  poolFindings({ ...pool, ...changes }, sizes, limits).map(({ code, message }) => `${code}: ${message}`);

describe('a survey of a thin pool', () => {
  it('finds nothing against a pool with room', () => {
    expect(textOf({}, [gibibyte, 3 * gibibyte])).toEqual([]);
  });

  it.each([
    ['data', { dataPercent: 80 }, 'pool_headroom_missing: Thin pool rhel/thinpool: its data is 80.00 % full'],
    ['metadata', { metadataPercent: 91.5 }, 'pool_headroom_missing: Thin pool rhel/thinpool: its metadata is 91.50 %'],
  ])('names the number that is over its limit: %s', (_what, changes, text) => {
    expect(textOf(changes)).toEqual([expect.stringContaining(text)]);
  });

  it('charges the virtual budget with all the volumes together', () => {
    expect(textOf({}, [2 * gibibyte, 3 * gibibyte])).toEqual([
      'pool_headroom_missing: Thin pool rhel/thinpool: its virtual budget has 4294967296 bytes left, and 2 snapshots are charged 5368709120 (device class thin, overprovision-ratio 10)',
    ]);
  });

  it.each(poolHealths.filter((health) => health !== 'ok'))('tells that the pool is not healthy: %s', (health) => {
    expect(textOf({ health })).toEqual([expect.stringMatching(/^pool_unhealthy: Thin pool rhel\/thinpool (has|is) /)]);
  });

  it('judges by what is known where the percents or the budget are not', () => {
    expect(textOf({ dataPercent: undefined, metadataPercent: undefined, budget: undefined })).toEqual([]);
    expect(snapshotsLeft({ budget: undefined }, gibibyte)).toBeUndefined();
  });

  it('says that there is room for a number of snapshots exactly as long as there is', () => {
    const bytes = fc.integer({ min: 1, max: 2 ** 50 });
    fc.assert(
      fc.property(bytes, bytes, (freeBytes, sizeBytes) => {
        const budget = { deviceClass: 'thin', overprovisionRatio: 1, freeBytes };
        const left = Math.min(snapshotsLeft({ budget }, sizeBytes) ?? 0, 1000);
        const room = (count: number): boolean =>
          textOf(
            { budget },
            Array.from({ length: count }, () => sizeBytes),
          ).length === 0;
        expect(room(left)).toBe(true);
        if (left < 1000) expect(room(left + 1)).toBe(false);
      }),
    );
  });
});

describe('a survey of several volumes', () => {
  const volumeHandle = VolumeHandle.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87');
  const one = LogicalVolumeFacts.parse({
    ...{
      volumeGroup: 'rhel',
      logicalVolume: volumeHandle,
      lvUuid: 'x',
      path: '/dev/rhel/x',
      pool: 'thinpool',
      origin: '',
    },
    ...{ sizeBytes: 3 * gibibyte, access: 'read-write', active: true },
  });
  const volume = (name: string) => ({ volumeHandle, logicalVolume: one, pool: { ...pool, pool: name } });

  it('charges each pool with its own volumes, and leaves out those that were not found', () => {
    expect(surveyFindings([volume('a'), volume('b'), { volumeHandle }], limits)).toEqual([]);
    const findings = surveyFindings([volume('a'), volume('b'), volume('a')], limits);
    expect(findings.map(({ message }) => message)).toEqual([expect.stringContaining('Thin pool rhel/a: its virtual')]);
  });
});

describe('a survey of a volume that is not thin', () => {
  const volume = { fullName: 'rhel/one', volumeGroup: 'rhel', kind: 'linear' };
  const thick = { type: 'thick', name: 'default', volumeGroup: 'rhel', default: true, spareBytes: 0 } as const;
  const thin = { ...thick, type: 'thin', name: 'fast', default: false, pool: 'p', overprovisionRatio: 2 } as const;
  const known = (...deviceClasses: (typeof thick | typeof thin)[]) =>
    thickVolume(volume, { state: 'known', path: '/etc/topolvm/lvmd.yaml', deviceClasses }).message;

  it('names the device class, and the thin one that there is', () => {
    expect(known(thick, thin)).toBe(
      'rhel/one is linear, not thin, in the volume group rhel. Its device class default is thick, and the default. Use a StorageClass of the thin device class fast (pool rhel/p)',
    );
  });

  it('says what to write into lvmd.yaml where there is no thin class', () => {
    expect(known(thick)).toContain('a device class with `volume-group: rhel`, `type: thin` and `thin-pool:');
    expect(thickVolume(volume, { state: 'absent' })).toMatchObject({ code: 'thick_device_class', retryable: false });
  });
});
