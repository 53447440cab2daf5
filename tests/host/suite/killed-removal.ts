import { VolumeDestroy, VolumeInventory } from '@snapfleet/contracts';
import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../support/wait-until.js';
import { stateDirectory, type HostUnderTest } from '../host-under-test.js';
import { handleOf } from '../volumes.js';

const deadlineMs = 60_000;
const volumeHandle = handleOf(200);
const lockedHandle = handleOf(201);
const removals = `${stateDirectory}/removals`;

/** What becomes of a removal in whose middle host-lvm is killed, and of one for which the volume group is locked. */
export function describeKilledRemoval(use: () => HostUnderTest): void {
  describe('volume.destroy', () => {
    const make = (handle: string) => use().inGuest('lvcreate -qq -V 16M -T rhel/thinpool -n "$1"', handle);
    const uuidOf = async (handle: string): Promise<string | undefined> => {
      const { volumes } = await use().call(VolumeInventory, {});
      return volumes.find(({ logicalVolume }) => logicalVolume === handle)?.lvUuid;
    };
    const destroy = (handle: string, lvUuid: string) => {
      const provenAt = new Date().toISOString();
      return use().call(VolumeDestroy, { volumeHandle: handle, lvUuid, provenAt, dryRun: false });
    };

    it('that was killed in the middle is settled at the next start by a look', async () => {
      await make(volumeHandle);
      const lvUuid = (await uuidOf(volumeHandle)) ?? '';
      await use().endService('SIGTERM');
      await use().startService({ SNAPFLEET_FAILPOINT: 'remove:during:kill' });
      const asked = destroy(volumeHandle, lvUuid).catch(() => undefined);
      await use().service.ended;
      expect(await use().inGuest('cat "$1"/*', removals)).toContain(lvUuid);
      await use().deliverAgainSoon();
      await use().startService();
      await waitUntil('the volume is gone', async () => (await uuidOf(volumeHandle)) === undefined, {
        deadlineMs,
        pauseMs: 500,
      });
      expect(await use().inGuest('ls "$1"', removals)).toBe('');
      await asked;
      await use().settled();
    });

    it('that is refused because the volume group is locked is never done later, and may be asked for again', async () => {
      await make(lockedHandle);
      const lvUuid = (await uuidOf(lockedHandle)) ?? '';
      // lvs shares the lock of the volume group, lvremove would wait for it.
      const holding = ['--shared', '/run/lock/lvm/V_rhel', 'bash', '-c', 'echo locked; exec cat'];
      const lock = await use().guest.start('flock', holding);
      await waitUntil('the volume group is locked', () => lock.output.stdout.includes('locked'), { deadlineMs });
      await expect(destroy(lockedHandle, lvUuid)).rejects.toMatchObject({
        code: 'lvm_failed',
        retryable: true,
        message: expect.stringContaining('nothing was removed') as unknown,
      });
      expect(await use().inGuest('pgrep --exact lvremove || true')).toBe('');
      lock.kill('SIGKILL');
      await lock.ended;
      expect(await uuidOf(lockedHandle)).toBe(lvUuid);
      expect(await use().inGuest('ls "$1"', removals)).toBe('');
      expect(await destroy(lockedHandle, lvUuid)).toMatchObject({ removed: true });
    });
  });
}
