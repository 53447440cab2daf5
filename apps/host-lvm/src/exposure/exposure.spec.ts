import { SnapfleetError, VolumeHandle, type DataOf, type VolumeExpose } from '@snapfleet/contracts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { currentBootId } from '../privileged/process-identity.js';
import { ConcealVolume } from './conceal-volume.use-case.js';
import { EndExposure } from './end-exposure.js';
import { ExposeVolume } from './expose-volume.use-case.js';
import { ExposureLock } from './exposure-lock.js';
import { FakeHost } from './host.fake.js';
import { LeaseJournal } from './lease-journal.js';
import { LeaseTable } from './lease-table.js';
import { RenewLease } from './renew-lease.use-case.js';
import { SweepLeftovers } from './sweep-leftovers.use-case.js';

const volumeHandle = VolumeHandle.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87');
const another = VolumeHandle.parse('6b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87');
const request = (change: Partial<DataOf<typeof VolumeExpose>> = {}): DataOf<typeof VolumeExpose> => ({
  volumeHandle,
  volumeMode: 'Filesystem',
  leaseKey: 'one',
  leaseSeconds: 60,
  ...change,
});

let directory: string;
let journal: LeaseJournal;
let host: FakeHost;

/** The use cases as the service puts them together, on a host that does what it is told. */
function service() {
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const leases = new LeaseTable();
  const lock = new ExposureLock();
  const shared = { volumes: host, holders: host, leases, journal, lock, log };
  const endExposure = new EndExposure(host, leases, journal, log);
  const conceal = new ConcealVolume(leases, lock, endExposure, log);
  const expose = new ExposeVolume({ ...shared, probe: host, filesystemErrors: host, endExposure, conceal });
  return { leases, conceal, expose, renew: new RenewLease(leases), sweep: new SweepLeftovers(shared) };
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  directory = await mkdtemp(join(tmpdir(), 'snapfleet-exposure-'));
  journal = await LeaseJournal.open(directory);
  host = new FakeHost([volumeHandle, another]);
});
afterEach(async () => {
  vi.useRealTimers();
  await journal.close();
  await rm(directory, { recursive: true, force: true });
});

describe('exposing', () => {
  it('writes the intent down before each effect', async () => {
    const { expose } = service();
    host.onEffect = (effect) => {
      const [lease] = journal.openLeases;
      expect(lease).toMatchObject({ leaseId: 'one', activates: true });
      if (effect.startsWith('mount')) expect(lease?.holder).toBeDefined();
    };
    await expose.run(request());
    expect(host.effects).toEqual(['activate', 'start holder 1', 'mount xfs ro,nosuid,nodev,noexec,nosymfollow,nouuid']);
  });

  it('mounts without the log when the log cannot be replayed, and says so', async () => {
    host.dirtyLog = true;
    expect(await service().expose.run(request())).toMatchObject({
      cleanLog: false,
      mountOptions: expect.arrayContaining(['norecovery']) as unknown,
    });
  });

  it('takes the log of a shared volume as the first lease took it', async () => {
    const { expose } = service();
    host.dirtyLog = true;
    await expose.run(request());
    host.dirtyLog = false;
    expect(await expose.run(request({ leaseKey: 'two' }))).toMatchObject({ cleanLog: false });
  });

  it('gives one lease to calls with the same key at the same time', async () => {
    const { expose, leases } = service();
    const [first, second] = await Promise.all([expose.run(request()), expose.run(request())]);
    expect(second.path).toBe(first.path);
    expect(leases.count).toBe(1);
  });

  it('makes a device node for a block volume, whatever is on it', async () => {
    host.filesystem = { kind: 'none' };
    const reply = await service().expose.run(request({ volumeMode: 'Block' }));
    expect(reply).toMatchObject({ mountOptions: [], cleanLog: true });
    expect(host.effects).toContain('make device node');
  });

  it.each([
    ['filesystem_unsupported', { filesystem: { kind: 'one', name: 'btrfs' } }],
    ['filesystem_unsupported', { filesystem: { kind: 'several' } }],
    ['mount_failed', { mountable: false }],
    ['lvm_failed', { activatable: false }],
    ['lvm_failed', { replaced: true }],
  ] as const)('undoes everything when it ends with %s', async (code, change) => {
    const { expose, leases } = service();
    Object.assign(host, change);
    await expect(expose.run(request())).rejects.toMatchObject({ code });
    expect(host).toMatchObject({ active: new Set(), holdersAlive: 0, watches: 0 });
    expect(journal.openLeases).toEqual([]);
    expect(leases.count).toBe(0);
  });

  it('keeps what it could not undo in the journal, and sweeps it later', async () => {
    const { expose, sweep } = service();
    Object.assign(host, { mountable: false, busy: true });
    await expect(expose.run(request())).rejects.toMatchObject({ code: 'mount_failed' });
    expect(journal.openLeases).toHaveLength(1);
    await sweep.run();
    expect(journal.openLeases).toHaveLength(1);
    host.busy = false;
    await sweep.run();
    expect(journal.openLeases).toEqual([]);
    expect(host.active.size).toBe(0);
  });
});

describe('a lease', () => {
  it('ends at its time, and later when it is renewed', async () => {
    const { expose, renew, leases } = service();
    await expose.run(request({ leaseSeconds: 60 }));
    await vi.advanceTimersByTimeAsync(50_000);
    expect(renew.run('one', 60).expiresAt.getTime()).toBe(Date.now() + 60_000);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(leases.count).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    await vi.waitFor(() => expect(leases.count).toBe(0));
    expect(host).toMatchObject({ active: new Set(), holdersAlive: 0 });
    expect(() => renew.run('one', 60)).toThrow(SnapfleetError);
  });

  it('tells on renewal what the kernel has said of the filesystem, until it ends', async () => {
    const { expose, renew, conceal } = service();
    await expose.run(request());
    expect(renew.run('one', 60).damage).toBeUndefined();
    host.damage = 'EXT4-fs error';
    expect(renew.run('one', 60).damage).toBe('EXT4-fs error');
    await conceal.run('one');
    expect(host.watches).toBe(0);
  });

  it('does not deactivate a volume that was active before', async () => {
    host.active.add(volumeHandle);
    const { expose, conceal } = service();
    await expose.run(request());
    expect(await conceal.run('one')).toBe(true);
    expect(await conceal.run('one')).toBe(false);
    expect(host.active.has(volumeHandle)).toBe(true);
  });

  it('keeps the volume active for the other leases of it', async () => {
    const { expose, conceal } = service();
    await expose.run(request());
    await expose.run(request({ leaseKey: 'two' }));
    await conceal.run('one');
    expect(host.active.has(volumeHandle)).toBe(true);
    await conceal.run('two');
    expect(host.active.has(volumeHandle)).toBe(false);
  });

  it('that cannot be ended is tried again, cannot be renewed, and is made anew on request', async () => {
    const { expose, conceal, renew, leases } = service();
    await expose.run(request());
    host.busy = true;
    await expect(conceal.run('one')).rejects.toMatchObject({ code: 'lvm_failed' });
    expect(() => renew.run('one', 60)).toThrow('has ended');
    await expect(expose.run(request())).rejects.toMatchObject({ code: 'lvm_failed' });
    expect(leases.count).toBe(1);
    host.busy = false;
    await vi.advanceTimersByTimeAsync(30_000);
    await vi.waitFor(() => expect(leases.count).toBe(0));
    await expose.run(request());
    expect(host.holdersAlive).toBe(1);
  });

  it('ends when its holder dies', async () => {
    const { expose, leases } = service();
    await expose.run(request());
    host.killHolders();
    await vi.waitFor(() => expect(leases.count).toBe(0));
    expect(host.active.size).toBe(0);
  });

  it('ends with the service', async () => {
    const { expose, conceal } = service();
    await expose.run(request());
    await expose.run(request({ leaseKey: 'two', volumeHandle: another }));
    await conceal.endAll();
    expect(host).toMatchObject({ active: new Set(), holdersAlive: 0 });
  });

  it('cannot change its volume', async () => {
    const { expose } = service();
    await expose.run(request());
    await expect(expose.run(request({ volumeHandle: another }))).rejects.toMatchObject({ field: 'leaseKey' });
  });
});

describe('sweeping after a crash', () => {
  it('ends the holders and the activations that are ours', async () => {
    await service().expose.run(request());
    await service().sweep.run();
    expect(host).toMatchObject({ active: new Set(), holdersAlive: 0 });
    expect(journal.openLeases).toEqual([]);
  });

  it('leaves alone what is active after a new boot', async () => {
    await journal.write({
      ...{ event: 'exposing', leaseId: 'old', bootId: 'an earlier boot', volumeHandle, fullName: 'rhel/x' },
      ...{ lvUuid: host.lvUuidOf(volumeHandle), activates: true },
    });
    host.active.add(volumeHandle);
    await service().sweep.run();
    expect(host.active.has(volumeHandle)).toBe(true);
    expect(journal.openLeases).toEqual([]);
  });

  it('still owes the deactivation when the volume is exposed again before', async () => {
    await journal.write({
      ...{ event: 'exposing', leaseId: 'old', bootId: currentBootId(), volumeHandle, fullName: 'rhel/x' },
      ...{ lvUuid: host.lvUuidOf(volumeHandle), activates: true },
    });
    host.active.add(volumeHandle);
    const { expose, conceal, sweep } = service();
    await expose.run(request());
    await sweep.run();
    expect(host.active.has(volumeHandle)).toBe(true);
    await conceal.run('one');
    expect(host.active.has(volumeHandle)).toBe(false);
  });

  it('does not touch the leases that are given', async () => {
    const { expose, sweep, leases } = service();
    await Promise.all([expose.run(request()), sweep.run()]);
    await sweep.run();
    expect(leases.count).toBe(1);
    expect(host.holdersAlive).toBe(1);
  });
});
