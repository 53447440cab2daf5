import { PoolReport, VolumeLocate } from '@snapfleet/contracts';
import { describe, expect, it } from 'vitest';
import type { HostUnderTest } from '../host-under-test.js';
import { oddGroup, oddPool, volumes } from '../volumes.js';

/** What is told of volumes and pools. */
export function describeLookUp(use: () => HostUnderTest): void {
  describe('volume.locate', () => {
    it('tells the facts of the snapshot behind a handle', async () => {
      expect(await use().call(VolumeLocate, { volumeHandle: volumes.ext4Snapshot })).toMatchObject({
        volumeGroup: 'rhel',
        logicalVolume: volumes.ext4Snapshot,
        path: `/dev/rhel/${volumes.ext4Snapshot}`,
        pool: 'thinpool',
        origin: volumes.ext4,
        sizeBytes: 64 << 20,
        access: 'read-only',
        active: true,
      });
    });

    it.each([
      ['volume_not_found', volumes.missing],
      ['volume_not_thin', volumes.thick],
      ['volume_ambiguous', volumes.twice],
    ])('answers %s', async (code, volumeHandle) => {
      await expect(use().call(VolumeLocate, { volumeHandle })).rejects.toMatchObject({ code });
    });

    it('finds a volume in a group of the oddest name, among volumes of the oddest names', async () => {
      const { volumeGroup, pool, path } = await use().call(VolumeLocate, { volumeHandle: volumes.inOddGroup });
      expect([volumeGroup, pool, path]).toEqual([oddGroup, oddPool, `/dev/${oddGroup}/${volumes.inOddGroup}`]);
    });

    it.each(['../../etc/passwd', 'rhel/thinpool', '$(reboot)', '--config=x', `${volumes.xfs}\n`])(
      'refuses the handle %j and names the field',
      async (volumeHandle) => {
        const answer = await use().callUnchecked(VolumeLocate, { volumeHandle: volumes.xfs }, { volumeHandle });
        expect(answer).toMatchObject({ ok: false, error: { code: 'invalid_message', field: 'data.volumeHandle' } });
      },
    );
  });

  describe('pool.report', () => {
    it('tells how full each pool is and what it has promised', async () => {
      const { pools, leases } = await use().call(PoolReport, {});
      expect(leases).toBe(0);
      expect(pools.map(({ volumeGroup, pool, sizeBytes }) => [volumeGroup, pool, sizeBytes])).toEqual([
        [oddGroup, oddPool, 64 << 20],
        ['rhel', 'thinpool', 1 << 30],
      ]);
      expect(pools[1]?.dataPercent).toBeGreaterThan(0);
      expect(pools[1]?.virtualBytes).toBe((3 * 300 + 4 * 64 + 4 * 16) << 20);
    });
  });
}
