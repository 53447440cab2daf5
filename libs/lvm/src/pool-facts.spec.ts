import { ThinPoolFacts, type DeviceClassFacts } from '@snapfleet/contracts';
import { describe, expect, it } from 'vitest';
import { golden } from './golden/golden.js';
import { poolFacts } from './pool-facts.js';
import { parseVolumes } from './reported-volume.js';

const volumes = parseVolumes(golden('volumes'));
// The pools are named by what had been done to them: their data or metadata filled, the disk below made to fail.
const troubled = parseVolumes(golden('troubled-pools'));
const thin: DeviceClassFacts = {
  type: 'thin',
  name: 'fast',
  volumeGroup: 'rhel',
  default: false,
  pool: 'thinpool',
  overprovisionRatio: 1.5,
};

describe('the facts of a thin pool', () => {
  it('tell how full it is and what it has promised', () => {
    const [facts, ...others] = poolFacts(volumes);
    expect(ThinPoolFacts.parse(facts)).toEqual({
      volumeGroup: 'rhel',
      pool: 'thinpool',
      sizeBytes: 1 << 30,
      dataPercent: 6.29,
      metadataPercent: 11.72,
      virtualBytes: 4 * (300 << 20),
      health: 'ok',
      chunkBytes: 65_536,
      zeroing: true,
      whenFull: 'queue',
    });
    expect(others).toEqual([]);
    expect(poolFacts(volumes, [], ['other'])).toEqual([]);
  });

  it('tell what lvmd would still promise, by the device class of the pool', () => {
    const budget = (...classes: DeviceClassFacts[]) => poolFacts(volumes, classes)[0]?.budget;
    const freeBytes = 1.5 * (1 << 30) - 4 * (300 << 20);
    expect(budget(thin)).toEqual({ deviceClass: 'fast', overprovisionRatio: 1.5, freeBytes });
    expect(budget({ ...thin, overprovisionRatio: 1 })?.freeBytes).toBe(0);
    expect(budget({ ...thin, volumeGroup: 'data' }, { ...thin, pool: 'other' })).toBeUndefined();
    expect(budget({ type: 'thick', name: 'x', volumeGroup: 'rhel', default: true, spareBytes: 0 })).toBeUndefined();
  });

  it('do not tell the budget where a volume of the group was not understood, for it may count', () => {
    const budget = (volumeGroup: string | undefined) =>
      poolFacts({ ...volumes, unreadable: [{ volumeGroup, logicalVolume: 'x', why: '' }] }, [thin])[0]?.budget;
    expect(budget('rhel')).toBeUndefined();
    expect(budget(undefined)).toBeUndefined();
    expect(budget('data')).toBeDefined();
  });

  it.each(['ok', 'data-full', 'metadata-full', 'needs-check', 'failed', 'inactive'])('tell that it is %s', (pool) => {
    const facts = poolFacts(troubled).find((one) => one.pool === pool);
    expect(facts).toMatchObject({ health: pool, sizeBytes: 8 << 20 });
    expect(facts?.dataPercent === undefined).toBe(pool === 'failed' || pool === 'inactive');
  });

  it('tell how it is set up', () => {
    const set = (pool: string) => poolFacts(troubled).find((one) => one.pool === pool);
    expect(set('ok')).toMatchObject({ zeroing: false, whenFull: 'queue' });
    expect(set('data-full')).toMatchObject({ zeroing: true, whenFull: 'error' });
  });

  it.each([
    ['read-only', { healthStatus: 'metadata_read_only' }],
    ['metadata-full', { metadataPercent: 100 }],
    ['data-full', { dataPercent: 100 }],
    ['failed', { healthStatus: 'partial' }],
    ['failed', { healthStatus: 'a status of a later version' }],
  ])('are %s too where it reports %j', (health, changes) => {
    const pool = troubled.volumes.find(({ logicalVolume }) => logicalVolume === 'ok');
    if (pool === undefined) throw new Error('the report has such a pool');
    expect(poolFacts({ volumes: [{ ...pool, ...changes }], unreadable: [] })[0]?.health).toBe(health);
  });
});
