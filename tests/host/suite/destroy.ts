import { VolumeDestroy, VolumeHandle, VolumeInventory, type InventoriedVolume } from '@snapfleet/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../../support/wait-until.js';
import type { HostUnderTest } from '../host-under-test.js';
import { Leases } from '../leases.js';
import { volumes } from '../volumes.js';

const deadlineMs = 60_000;
const handleOf = (digit: number): VolumeHandle => VolumeHandle.parse(`20000000-0000-4000-8000-00000000000${digit}`);
const [orphan, needed] = [handleOf(1), handleOf(2)];
const otherUuid = 'nh80ZK-2kJ2-fZi2-kQV1-Tc26-LxXV-GTTluO';

/** What is given up to `volume.destroy`, beside the volumes that the other tests read. */
const making = `
  lvcreate -qq -s -k n -n ${orphan} rhel/${volumes.ext4}; lvchange -qq -p r rhel/${orphan}
  lvcreate -qq -V 16M -T rhel/thinpool -n ${needed}; lvcreate -qqy -s -L 8M -n cow rhel/${needed}`;
const removing = `lvremove -qqy rhel/cow rhel/${needed}`;

/** How thin volumes are listed and removed, on the host of the other tests. */
export function describeDestroy(use: () => HostUnderTest): void {
  const leases = new Leases(use);

  describe('volume.inventory and volume.destroy', () => {
    const shell = (script: string) => use().guest.run('bash', ['-ec', script], { deadlineMs });
    const inventory = async (): Promise<InventoriedVolume[]> => (await use().call(VolumeInventory, {})).volumes;
    const uuidOf = async (handle: string): Promise<string> => {
      const found = (await inventory()).find(({ logicalVolume }) => logicalVolume === handle);
      return found?.lvUuid ?? '';
    };
    const destroy = (volumeHandle: string, lvUuid: string, more: object = {}) => {
      const provenAt = new Date().toISOString();
      return use().call(VolumeDestroy, { volumeHandle, lvUuid, provenAt, dryRun: false, ...more });
    };
    let orphanUuid: string;

    beforeAll(async () => {
      await shell(making);
      orphanUuid = await uuidOf(orphan);
    });
    afterEach(() => leases.end());
    afterAll(() => shell(removing));

    it('lists thin volumes only, with what is open and what is leased', async () => {
      await leases.expose(volumes.ext4Snapshot, 'listed');
      const listed = await inventory();
      const of = (handle: string) => listed.find(({ logicalVolume }) => logicalVolume === handle);
      expect(of(volumes.ext4Snapshot)).toMatchObject({
        open: true,
        leased: true,
        access: 'read-only',
        pool: 'thinpool',
      });
      expect(of(orphan)).toMatchObject({ open: false, leased: false, active: true, sizeBytes: 64 << 20 });
      expect(of(volumes.inactive)).toMatchObject({ active: false, open: false });
      expect(of(volumes.thick)).toBeUndefined();
      expect(listed.filter(({ logicalVolume }) => logicalVolume === volumes.twice)).toHaveLength(2);
    });

    it('refuses another identity, an old proof, and what is not thin, ambiguous, leased or needed by another volume', async () => {
      await leases.expose(volumes.ext4Snapshot, 'leased');
      const leasedUuid = await uuidOf(volumes.ext4Snapshot);
      const provenAt = new Date(Date.now() - 61_000).toISOString();
      const neededUuid = await uuidOf(needed);
      const refusals: readonly (readonly [string, () => Promise<unknown>])[] = [
        ['volume_replaced', () => destroy(orphan, otherUuid)],
        ['proof_expired', () => destroy(orphan, orphanUuid, { provenAt })],
        ['volume_not_thin', () => destroy(volumes.thick, otherUuid)],
        ['volume_ambiguous', () => destroy(volumes.twice, otherUuid)],
        ['volume_in_use', () => destroy(volumes.ext4Snapshot, leasedUuid)],
        ['volume_in_use', () => destroy(needed, neededUuid)],
      ];
      for (const [code, refused] of refusals) await expect(refused()).rejects.toMatchObject({ code });
      // `lvremove --yes` would have taken the copy-on-write snapshot along.
      expect((await shell('lvs --noheadings -o lv_name rhel/cow')).stdout.trim()).toBe('cow');
    });

    it('refuses a volume that is open', async () => {
      const reader = await use().guest.start('bash', [
        '-c',
        'exec 5< "$0"; echo open; exec sleep 600',
        `/dev/rhel/${orphan}`,
      ]);
      await waitUntil('the reader has it open', () => reader.output.stdout.includes('open'));
      await expect(destroy(orphan, orphanUuid)).rejects.toMatchObject({ code: 'volume_in_use' });
      reader.kill('SIGKILL');
      await reader.ended;
    });

    it('only looks in a dry run, and then removes exactly the one volume', async () => {
      const before = await inventory();
      expect(await destroy(orphan, orphanUuid, { dryRun: true })).toMatchObject({ removed: false });
      expect(await inventory()).toEqual(before);
      expect(await destroy(orphan, orphanUuid)).toMatchObject({ removed: true });
      expect(await inventory()).toEqual(before.filter(({ logicalVolume }) => logicalVolume !== orphan));
      expect(await destroy(orphan, orphanUuid)).toMatchObject({ removed: false });
    });
  });
}
