import { VolumeDestroy, VolumeInventory } from '@snapfleet/contracts';
import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../support/wait-until.js';
import { stateDirectory, type HostUnderTest } from '../host-under-test.js';
import { handleOf } from '../volumes.js';

const deadlineMs = 60_000;
const volumeHandle = handleOf(200);
const removals = `${stateDirectory}/removals`;

/** What becomes of a removal in whose middle host-lvm is killed. */
export function describeKilledRemoval(use: () => HostUnderTest): void {
  describe('volume.destroy', () => {
    const uuidOfVolume = async (): Promise<string | undefined> => {
      const { volumes } = await use().call(VolumeInventory, {});
      return volumes.find(({ logicalVolume }) => logicalVolume === volumeHandle)?.lvUuid;
    };

    it('that was killed in the middle is settled at the next start by a look', async () => {
      await use().inGuest('lvcreate -qq -V 16M -T rhel/thinpool -n "$1"', volumeHandle);
      const lvUuid = (await uuidOfVolume()) ?? '';
      // lvs shares the lock of the volume group, lvremove waits for it.
      const lock = await use().guest.start('flock', ['--shared', '/run/lock/lvm/V_rhel', 'cat']);
      const request = { volumeHandle, lvUuid, provenAt: new Date().toISOString(), dryRun: false };
      const asked = use()
        .call(VolumeDestroy, request)
        .catch(() => undefined);
      const running = 'pgrep --exact lvremove || true';
      await waitUntil('lvremove waits for the lock', async () => (await use().inGuest(running)) !== '', { deadlineMs });
      await use().endService('SIGKILL');
      expect(await use().inGuest('cat "$1"/*', removals)).toContain(lvUuid);
      lock.kill('SIGKILL');
      await lock.ended;
      await use().deliverAgainSoon();
      await use().startService();
      await waitUntil('the volume is gone', async () => (await uuidOfVolume()) === undefined, {
        deadlineMs,
        pauseMs: 500,
      });
      expect(await use().inGuest('ls "$1"', removals)).toBe('');
      await asked;
      await use().settled();
    });
  });
}
