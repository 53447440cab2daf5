import {
  PoolReport,
  SnapfleetError,
  VolumeConceal,
  VolumeExpose,
  VolumeLocate,
  VolumeRenew,
  type ReplyOf,
} from '@snapfleet/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../support/wait-until.js';
import { describeDestroy } from './destroy-suite.js';
import { HostUnderTest } from './host-under-test.js';
import { volumes } from './volumes.js';

let host: HostUnderTest;
const given = new Set<string>();

async function expose(
  volumeHandle: string,
  leaseKey: string,
  options: { readonly volumeMode?: 'Block'; readonly leaseSeconds?: number } = {},
): Promise<ReplyOf<typeof VolumeExpose>> {
  given.add(leaseKey);
  const { volumeMode = 'Filesystem', leaseSeconds = 600 } = options;
  return await host.call(VolumeExpose, { volumeHandle, volumeMode, leaseKey, leaseSeconds });
}

const conceal = (leaseId: string): Promise<ReplyOf<typeof VolumeConceal>> => host.call(VolumeConceal, { leaseId });

beforeAll(async () => {
  host = await HostUnderTest.create();
});

afterEach(async () => {
  for (const leaseId of given) await conceal(leaseId);
  given.clear();
  expect(await host.mountCount()).toBe(0);
});

afterAll(async () => {
  await host.destroy();
});

describe('volume.locate', () => {
  it('tells the facts of the snapshot behind a handle', async () => {
    expect(await host.call(VolumeLocate, { volumeHandle: volumes.ext4Snapshot })).toMatchObject({
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
    await expect(host.call(VolumeLocate, { volumeHandle })).rejects.toMatchObject({ code });
  });

  it.each(['../../etc/passwd', 'rhel/thinpool', '$(reboot)', '--config=x', `${volumes.xfs}\n`])(
    'refuses the handle %j and names the field',
    async (volumeHandle) => {
      const answer = await host.callUnchecked(VolumeLocate, { volumeHandle: volumes.xfs }, { volumeHandle });
      expect(answer).toMatchObject({ ok: false, error: { code: 'invalid_message', field: 'data.volumeHandle' } });
    },
  );
});

describe('pool.report', () => {
  it('tells how full each pool is and what it has promised', async () => {
    const { pools, leases } = await host.call(PoolReport, {});
    expect(leases).toBe(0);
    expect(pools.map(({ volumeGroup, pool, sizeBytes }) => [volumeGroup, pool, sizeBytes])).toEqual([
      ['data', 'pool', 64 << 20],
      ['rhel', 'thinpool', 1 << 30],
    ]);
    expect(pools[1]?.dataPercent).toBeGreaterThan(0);
    expect(pools[1]?.virtualBytes).toBe((3 * 300 + 4 * 64 + 4 * 16) << 20);
  });
});

describe('volume.expose', () => {
  it.each([
    ['xfs', volumes.xfsSnapshot, 'nouuid'],
    ['ext4', volumes.ext4Snapshot, 'ro'],
  ])('shows an %s snapshot to the reader alone', async (filesystem, handle, option) => {
    const lease = await expose(handle, `read-${filesystem}`);
    expect(lease).toMatchObject({ filesystem, cleanLog: true, logicalVolume: { logicalVolume: handle } });
    expect(lease.mountOptions).toEqual(expect.arrayContaining(['ro', 'nosuid', 'nodev', 'noexec', option]));
    const file = `${lease.path}/private/file`;
    expect(await host.readAs('worker', 'cat', file)).toBe('secret\n');
    expect(await host.readAs('worker', 'readlink', `${lease.path}/link`)).toBe('private/file\n');
    expect(await host.readAs('worker', 'touch', `${lease.path}/new`)).toBeUndefined();
    expect(await host.readAs('worker without rights', 'cat', file)).toBeUndefined();
    expect(await host.readAs('somebody else', 'ls', lease.path)).toBeUndefined();
    expect(await conceal(lease.leaseId)).toEqual({ concealed: true });
    expect(await host.readAs('worker', 'ls', lease.path)).toBeUndefined();
    expect(await host.isActive(handle)).toBe(true);
  });

  it.each([
    ['xfs', volumes.xfsFrozen, 'norecovery'],
    ['ext4', volumes.ext4Crashed, 'noload'],
  ])(
    'leaves out the log of an %s snapshot that was cut while it was written, and says so',
    async (_, handle, option) => {
      const lease = await expose(handle, 'read-dirty');
      expect(lease.cleanLog).toBe(false);
      expect(lease.mountOptions).toContain(option);
      expect(await host.readAs('worker', 'cat', `${lease.path}/private/file`)).toBe('secret\n');
      // The second mount of a device would come without the option, as the kernel shares the first one.
      expect((await expose(handle, 'read-dirty-too')).cleanLog).toBe(false);
    },
  );

  it('hands out a device that can be read and not written', async () => {
    const lease = await expose(volumes.blockSnapshot, 'read-block', { volumeMode: 'Block' });
    expect(lease).toMatchObject({ mountOptions: [], cleanLog: true });
    expect(await host.readAs('worker', 'head', '-c', '22', lease.path)).toBe('raw data of a database');
    expect(await host.readAs('worker', 'dd', 'if=/dev/zero', `of=${lease.path}`, 'count=1')).toBeUndefined();
    expect(await host.readAs('worker', 'chmod', '600', lease.path)).toBeUndefined();
    expect(await host.readAs('somebody else', 'head', '-c', '1', lease.path)).toBeUndefined();
  });

  it('activates an inactive volume for as long as one of its leases lasts', async () => {
    const [first, second] = [await expose(volumes.inactive, 'first'), await expose(volumes.inactive, 'second')];
    expect(first.logicalVolume.active).toBe(true);
    await conceal(first.leaseId);
    expect(await host.readAs('worker', 'cat', `${second.path}/private/file`)).toBe('secret\n');
    await conceal(second.leaseId);
    expect(await host.isActive(volumes.inactive)).toBe(false);
  });

  it('gives the same lease for the same key, and refuses the key for another volume', async () => {
    const first = await expose(volumes.ext4Snapshot, 'same');
    expect((await expose(volumes.ext4Snapshot, 'same')).path).toBe(first.path);
    expect((await host.call(PoolReport, {})).leases).toBe(1);
    await expect(expose(volumes.xfsSnapshot, 'same')).rejects.toMatchObject({ code: 'invalid_message' });
  });

  it('refuses a filesystem that is not on the list, and leaves nothing active', async () => {
    await expect(expose(volumes.ext2, 'ext2')).rejects.toMatchObject({
      code: 'filesystem_unsupported',
      message: `The filesystem on rhel/${volumes.ext2} is ext2`,
    });
    await expect(expose(volumes.blockSnapshot, 'none')).rejects.toMatchObject({ code: 'filesystem_unsupported' });
    expect(await host.isActive(volumes.ext2)).toBe(false);
  });

  it('does not hold the other mounts of the host', async () => {
    await host.guest.run('bash', ['-ec', 'mkdir -p /mnt/pod; mount -t tmpfs pod /mnt/pod'], { deadlineMs: 30_000 });
    await expose(volumes.ext4Snapshot, 'beside');
    const { stdout } = await host.guest.run(
      'bash',
      ['-ec', 'umount /mnt/pod; cat /proc/[0-9]*/mountinfo 2>/dev/null | grep -c /mnt/pod || true'],
      { deadlineMs: 30_000 },
    );
    expect(stdout.trim()).toBe('0');
  });
});

describe('a lease', () => {
  it('ends by itself, unless it is renewed', async () => {
    const lease = await expose(volumes.inactive, 'short', { leaseSeconds: 120 });
    const { expiresAt } = await host.call(VolumeRenew, { leaseId: lease.leaseId, leaseSeconds: 5 });
    expect(Date.parse(expiresAt)).toBeLessThan(Date.parse(lease.expiresAt));
    await waitUntil('the lease has ended', async () => (await host.call(PoolReport, {})).leases === 0, {
      deadlineMs: 60_000,
      pauseMs: 500,
    });
    expect(await host.readAs('worker', 'ls', lease.path)).toBeUndefined();
    expect(await host.isActive(volumes.inactive)).toBe(false);
    await expect(host.call(VolumeRenew, { leaseId: lease.leaseId, leaseSeconds: 5 })).rejects.toMatchObject({
      code: 'lease_not_found',
    });
    expect(await conceal(lease.leaseId)).toEqual({ concealed: false });
  });

  it('cannot be ended while a reader has the device open, and can afterwards', async () => {
    const lease = await expose(volumes.inactive, 'busy', { volumeMode: 'Block' });
    const reader = await host.guest.start('bash', ['-c', `exec 5< "$0"; echo open; exec sleep 600`, lease.path]);
    await waitUntil('the reader has it open', () => reader.output.stdout.includes('open'));
    await expect(conceal(lease.leaseId)).rejects.toMatchObject({ code: 'lvm_failed' });
    await expect(host.call(VolumeRenew, { leaseId: lease.leaseId, leaseSeconds: 5 })).rejects.toMatchObject({
      code: 'lease_not_found',
    });
    reader.kill('SIGKILL');
    await reader.ended;
    expect(await conceal(lease.leaseId)).toEqual({ concealed: true });
    expect(await host.isActive(volumes.inactive)).toBe(false);
  });

  it('ends when its holder dies', async () => {
    const lease = await expose(volumes.inactive, 'orphan');
    const holder = /^\/proc\/(\d+)\//.exec(lease.path)?.[1] ?? '';
    await host.guest.run('kill', ['-KILL', holder], { deadlineMs: 30_000 });
    await waitUntil('the lease has ended', async () => (await host.call(PoolReport, {})).leases === 0, {
      deadlineMs: 60_000,
      pauseMs: 500,
    });
    expect(await host.isActive(volumes.inactive)).toBe(false);
  });
});

describeDestroy(() => host, expose);

describe('the service', () => {
  it('leaves no mount when it is killed, and deactivates at its next start what it had activated', async () => {
    const lease = await expose(volumes.inactive, 'killed');
    await expose(volumes.xfsSnapshot, 'killed-too');
    await host.settled();
    await host.endService('SIGKILL');
    await waitUntil('nothing is mounted', async () => (await host.mountCount()) === 0, { deadlineMs: 30_000 });
    expect(await host.readAs('worker', 'ls', lease.path)).toBeUndefined();
    expect(await host.isActive(volumes.inactive)).toBe(true);
    await host.startService();
    expect(await host.isActive(volumes.inactive)).toBe(false);
    expect(await host.isActive(volumes.xfsSnapshot)).toBe(true);
    expect((await host.call(PoolReport, {})).leases).toBe(0);
  });

  it('ends its leases when it is stopped', async () => {
    await expose(volumes.inactive, 'stopped');
    await host.endService('SIGTERM');
    expect(await host.mountCount()).toBe(0);
    expect(await host.isActive(volumes.inactive)).toBe(false);
    await host.startService();
  });

  it('neither kills an LVM command that hangs nor starts another one behind it', async () => {
    await host.endService('SIGTERM');
    await host.startService({ SNAPFLEET_LVM_DEADLINE_SECONDS: '3' });
    const locate = () => host.call(VolumeLocate, { volumeHandle: volumes.xfs });
    const lock = await host.guest.start('flock', ['/run/lock/lvm/V_rhel', 'cat']);
    await waitUntil('the volume group is locked', async () => {
      const failure = await locate().then(
        () => undefined,
        (error: unknown) => error,
      );
      return failure instanceof SnapfleetError && failure.code === 'lvm_failed';
    });
    await expect(locate()).rejects.toThrow('this LVM command hangs: lvs');
    expect((await host.guest.run('pgrep', ['-c', '-x', 'lvs'], { deadlineMs: 30_000 })).stdout).toBe('1\n');
    lock.kill('SIGKILL');
    await waitUntil('LVM answers again', () => locate().catch(() => undefined), { deadlineMs: 60_000, pauseMs: 500 });
    await host.endService('SIGTERM');
    await host.startService();
  });

  it('refuses to run twice on a host', async () => {
    await expect(host.runSecondService([])).rejects.toThrow('host-lvm runs once on a host');
  });

  it('refuses to run as an ordinary user', async () => {
    await expect(host.runSecondService(['setpriv', '--reuid', '64738', '--clear-groups'])).rejects.toThrow(
      'host-lvm must run as root',
    );
  });
});
