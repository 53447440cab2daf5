import { PoolReport, VolumeRenew } from '@snapfleet/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../support/wait-until.js';
import type { HostUnderTest } from '../host-under-test.js';
import { Leases } from '../leases.js';
import { volumes } from '../volumes.js';

/** Leases as readers see them. */
export function describeLeases(use: () => HostUnderTest): void {
  const leases = new Leases(use);
  describe('volume.expose', () => {
    afterEach(() => leases.end());

    it.each([
      ['xfs', volumes.xfsSnapshot, 'nouuid'],
      ['ext4', volumes.ext4Snapshot, 'errors=remount-ro'],
    ])('shows an %s snapshot to the reader alone', async (filesystem, handle, option) => {
      const lease = await leases.expose(handle, `read-${filesystem}`);
      expect(lease).toMatchObject({ filesystem, cleanLog: true, logicalVolume: { logicalVolume: handle } });
      expect(lease.mountOptions).toEqual(expect.arrayContaining(['ro', 'nosuid', 'nodev', 'noexec', option]));
      const file = `${lease.path}/private/file`;
      expect(await use().readAs('worker', 'cat', file)).toBe('secret\n');
      expect(await use().readAs('worker', 'readlink', `${lease.path}/link`)).toBe('private/file\n');
      expect(await use().readAs('worker', 'touch', `${lease.path}/new`)).toBeUndefined();
      expect(await use().readAs('worker without rights', 'cat', file)).toBeUndefined();
      expect(await use().readAs('somebody else', 'ls', lease.path)).toBeUndefined();
      expect(await leases.conceal(lease.leaseId)).toEqual({ concealed: true });
      expect(await use().readAs('worker', 'ls', lease.path)).toBeUndefined();
      expect(await use().isActive(handle)).toBe(true);
    });

    it.each([
      ['xfs', volumes.xfsFrozen, 'norecovery'],
      ['ext4', volumes.ext4Crashed, 'noload'],
    ])(
      'leaves out the log of an %s snapshot that was cut while it was written, and says so',
      async (_, handle, option) => {
        const lease = await leases.expose(handle, 'read-dirty');
        expect(lease.cleanLog).toBe(false);
        expect(lease.mountOptions).toContain(option);
        expect(await use().readAs('worker', 'cat', `${lease.path}/private/file`)).toBe('secret\n');
        // The second mount of a device would come without the option, as the kernel shares the first one.
        expect((await leases.expose(handle, 'read-dirty-too')).cleanLog).toBe(false);
      },
    );

    it('hands out a device that can be read and not written', async () => {
      const lease = await leases.expose(volumes.blockSnapshot, 'read-block', { volumeMode: 'Block' });
      expect(lease).toMatchObject({ mountOptions: [], cleanLog: true });
      expect(await use().readAs('worker', 'head', '-c', '22', lease.path)).toBe('raw data of a database');
      expect(await use().readAs('worker', 'dd', 'if=/dev/zero', `of=${lease.path}`, 'count=1')).toBeUndefined();
      expect(await use().readAs('worker', 'chmod', '600', lease.path)).toBeUndefined();
      expect(await use().readAs('somebody else', 'head', '-c', '1', lease.path)).toBeUndefined();
    });

    it('activates an inactive volume for as long as one of its leases lasts', async () => {
      const [first, second] = [
        await leases.expose(volumes.inactive, 'first'),
        await leases.expose(volumes.inactive, 'second'),
      ];
      expect(first.logicalVolume.active).toBe(true);
      await leases.conceal(first.leaseId);
      expect(await use().readAs('worker', 'cat', `${second.path}/private/file`)).toBe('secret\n');
      await leases.conceal(second.leaseId);
      expect(await use().isActive(volumes.inactive)).toBe(false);
    });

    it('gives the same lease for the same key, and refuses the key for another volume', async () => {
      const first = await leases.expose(volumes.ext4Snapshot, 'same');
      expect((await leases.expose(volumes.ext4Snapshot, 'same')).path).toBe(first.path);
      expect((await use().call(PoolReport, {})).leases).toBe(1);
      await expect(leases.expose(volumes.xfsSnapshot, 'same')).rejects.toMatchObject({ code: 'invalid_message' });
    });

    it('refuses a filesystem that is not on the list, and leaves nothing active', async () => {
      await expect(leases.expose(volumes.ext2, 'ext2')).rejects.toMatchObject({
        code: 'filesystem_unsupported',
        message: `The filesystem on rhel/${volumes.ext2} is ext2`,
      });
      await expect(leases.expose(volumes.blockSnapshot, 'none')).rejects.toMatchObject({
        code: 'filesystem_unsupported',
      });
      expect(await use().isActive(volumes.ext2)).toBe(false);
    });

    it('does not hold the other mounts of the host', async () => {
      await use().guest.run('bash', ['-ec', 'mkdir -p /mnt/pod; mount -t tmpfs pod /mnt/pod'], { deadlineMs: 30_000 });
      await leases.expose(volumes.ext4Snapshot, 'beside');
      const { stdout } = await use().guest.run(
        'bash',
        ['-ec', 'umount /mnt/pod; cat /proc/[0-9]*/mountinfo 2>/dev/null | grep -c /mnt/pod || true'],
        { deadlineMs: 30_000 },
      );
      expect(stdout.trim()).toBe('0');
    });
  });

  describe('a lease', () => {
    afterEach(() => leases.end());

    it('ends by itself, unless it is renewed', async () => {
      const lease = await leases.expose(volumes.inactive, 'short', { leaseSeconds: 120 });
      const { expiresAt } = await use().call(VolumeRenew, { leaseId: lease.leaseId, leaseSeconds: 5 });
      expect(Date.parse(expiresAt)).toBeLessThan(Date.parse(lease.expiresAt));
      await waitUntil('the lease has ended', async () => (await use().call(PoolReport, {})).leases === 0, {
        deadlineMs: 60_000,
        pauseMs: 500,
      });
      expect(await use().readAs('worker', 'ls', lease.path)).toBeUndefined();
      expect(await use().isActive(volumes.inactive)).toBe(false);
      await expect(use().call(VolumeRenew, { leaseId: lease.leaseId, leaseSeconds: 5 })).rejects.toMatchObject({
        code: 'lease_not_found',
      });
      expect(await leases.conceal(lease.leaseId)).toEqual({ concealed: false });
    });

    it('cannot be ended while a reader has the device open, and can afterwards', async () => {
      const lease = await leases.expose(volumes.inactive, 'busy', { volumeMode: 'Block' });
      const reader = await use().guest.start('bash', ['-c', `exec 5< "$0"; echo open; exec sleep 600`, lease.path]);
      await waitUntil('the reader has it open', () => reader.output.stdout.includes('open'));
      await expect(leases.conceal(lease.leaseId)).rejects.toMatchObject({ code: 'lvm_failed' });
      await expect(use().call(VolumeRenew, { leaseId: lease.leaseId, leaseSeconds: 5 })).rejects.toMatchObject({
        code: 'lease_not_found',
      });
      reader.kill('SIGKILL');
      await reader.ended;
      expect(await leases.conceal(lease.leaseId)).toEqual({ concealed: true });
      expect(await use().isActive(volumes.inactive)).toBe(false);
    });

    it('ends when its holder dies', async () => {
      const lease = await leases.expose(volumes.inactive, 'orphan');
      const holder = /^\/proc\/(\d+)\//.exec(lease.path)?.[1] ?? '';
      await use().guest.run('kill', ['-KILL', holder], { deadlineMs: 30_000 });
      await waitUntil('the lease has ended', async () => (await use().call(PoolReport, {})).leases === 0, {
        deadlineMs: 60_000,
        pauseMs: 500,
      });
      expect(await use().isActive(volumes.inactive)).toBe(false);
    });
  });
}
