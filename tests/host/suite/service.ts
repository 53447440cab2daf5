import { PoolReport, SnapfleetError, VolumeExpose, VolumeLocate, type ReplyOf } from '@snapfleet/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import type { GuestProgram } from '../../support/uml/guest-jobs.js';
import { waitUntil } from '../../support/wait-until.js';
import type { HostUnderTest } from '../host-under-test.js';
import { Leases } from '../leases.js';
import { handleOf, volumes } from '../volumes.js';

const deadlineMs = 60_000;
const replaced = handleOf(100);
const short = { SNAPFLEET_LVM_DEADLINE_SECONDS: '4', SNAPFLEET_SWEEP_SECONDS: '1' };

/** What the service does with LVM that hangs and with volumes that are replaced under its hands. */
export function describeService(use: () => HostUnderTest): void {
  const leases = new Leases(use);

  const locate = (): Promise<ReplyOf<typeof VolumeLocate>> => use().call(VolumeLocate, { volumeHandle: volumes.xfs });
  const running = (...names: string[]): Promise<string> => use().inGuest('pgrep --exact "$1" || true', names.join('|'));
  let readTo = 0;
  /** Goes on when the service has stopped itself at a failpoint, since this was last asked. */
  const stoppedAt = async (point: string): Promise<void> => {
    const reached = (line: string, index: number): boolean => index >= readTo && line.includes(`"point":"${point}"`);
    await waitUntil(`the service is at ${point}`, () => use().log.some(reached), { deadlineMs });
    readTo = use().log.length;
  };
  const goOn = (): void => {
    use().service.kill('SIGCONT');
  };
  const lockGroup = async (): Promise<GuestProgram> => {
    const lock = await use().guest.start('flock', ['/run/lock/lvm/V_rhel', 'bash', '-c', 'echo locked; exec cat']);
    await waitUntil('the volume group is locked', () => lock.output.stdout.includes('locked'), { deadlineMs });
    return lock;
  };

  describe('the service', () => {
    afterEach(() => leases.end());

    it('ends its leases when it is stopped', async () => {
      const lease = await leases.expose(volumes.inactive, 'stopped');
      await use().endService('SIGTERM');
      expect(await use().mountCount()).toBe(0);
      expect(await use().isActive(volumes.inactive)).toBe(false);
      await use().startService({ ...short, SNAPFLEET_FAILPOINT: 'activate:before:stop,mount:before:stop' });
      await leases.conceal(lease.leaseId);
    });

    it('touches no volume that took the name of another between the look-up and the activation', async () => {
      const make =
        'lvcreate -qq -V 16M -T rhel/thinpool -n "$1"; mkfs.ext4 -q "/dev/rhel/$1"; lvchange -qq -an "rhel/$1"';
      await use().inGuest(make, replaced);
      const exposed = leases.expose(replaced, 'replaced').catch(asError);
      await stoppedAt('activate:before');
      await use().inGuest(`lvremove -qqy "rhel/$1"; ${make}`, replaced);
      goOn();
      expect(await exposed).toMatchObject({
        code: 'lvm_failed',
        message: expect.stringContaining('was replaced in the meantime') as unknown,
      });
      expect(await use().isActive(replaced)).toBe(false);
    });

    it('shows no volume that took the name of another between the look-up and the mount', async () => {
      await use().inGuest('lvchange -qq -ay "rhel/$1"', replaced);
      const exposed = leases.expose(replaced, 'replaced').catch(asError);
      await stoppedAt('mount:before');
      await use().inGuest(
        'lvremove -qqy "rhel/$1"; lvcreate -qq -V 16M -T rhel/thinpool -n "$1"; mkfs.ext4 -q "/dev/rhel/$1"',
        replaced,
      );
      goOn();
      expect(await exposed).toMatchObject({
        code: 'lvm_failed',
        message: expect.stringContaining('was replaced in the meantime') as unknown,
      });
      expect((await use().call(PoolReport, {})).leases).toBe(0);
    });

    it('starts nothing behind a program that hangs on a device, and still reads others', async () => {
      const node = await use().inGuest('dmsetup info -c --noheadings -o name "/dev/rhel/$1"', replaced);
      await use().inGuest('dmsetup suspend --nolockfs --noflush "$1"', node.trim());
      const keys = ['hang-1', 'hang-2', 'hang-3'];
      const hung = await Promise.all(keys.map((key) => leases.expose(replaced, key).catch(asError)));
      expect(hung).toEqual([
        expect.objectContaining({ code: 'mount_failed', message: expect.stringContaining('runs on') as unknown }),
        ...keys
          .slice(1)
          .map(() => expect.objectContaining({ code: 'mount_failed', message: behind('blkid') }) as unknown),
      ]);
      expect((await running('blkid')).split('\n').filter((pid) => pid !== '')).toHaveLength(1);
      await leases.conceal((await leases.expose(volumes.ext4Snapshot, 'beside')).leaseId);
      await use().inGuest('dmsetup resume "$1"', node.trim());
      await waitUntil('it can be exposed', () => leases.expose(replaced, 'well').catch(() => undefined), {
        deadlineMs,
        pauseMs: 500,
      });
      await leases.end();
      await use().inGuest('lvremove -qqy "rhel/$1"', replaced);
    });

    it('waits for an LVM command that hangs, kills none, starts none, and is not ready meanwhile', async () => {
      const lock = await lockGroup();
      const ask: readonly (() => Promise<unknown>)[] = [
        locate,
        () => use().call(PoolReport, {}),
        () => use().call(VolumeExpose, { ...hangingRequest, volumeHandle: volumes.inactive }),
      ];
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => (ask[index % ask.length] ?? locate)().catch(asError)),
      );
      for (const answer of answers) expect(answer).toMatchObject({ code: 'lvm_failed' });
      const waited = answers.filter((answer) => answer instanceof SnapfleetError && answer.message.includes('runs on'));
      expect(waited).toHaveLength(1);
      for (const answer of answers.filter((one) => one !== waited[0]))
        expect(answer).toMatchObject({ message: behind('lvs') });
      const pid = await running('lvs', 'vgs', 'lvchange');
      expect(pid).toMatch(/^\d+\n$/);
      expect(await use().readiness()).toMatch(/^HTTP\/1\.1 503 .*"lvm":\{"status":"down"/s);

      await use().endService('SIGKILL');
      await use().startService({ ...short, SNAPFLEET_FAILPOINT: 'activate:before:stop' });
      await expect(locate()).rejects.toMatchObject({ message: behind('lvs') });
      expect(await running('lvs', 'vgs', 'lvchange')).toBe(pid);
      expect(await use().readiness()).toMatch(/^HTTP\/1\.1 503 /);

      lock.kill('SIGKILL');
      await waitUntil('LVM answers again', () => locate().catch(() => undefined), { deadlineMs, pauseMs: 500 });
      expect(await use().readiness()).toMatch(/^HTTP\/1\.1 200 /);
    });

    it('leaves no mount when it is killed, and undoes an activation that takes place only then', async () => {
      await leases.expose(volumes.ext4Snapshot, 'shown');
      const exposed = leases.expose(volumes.inactive, 'late').catch(asError);
      await stoppedAt('activate:before');
      const lock = await lockGroup();
      goOn();
      await waitUntil('it waits for the lock', async () => (await running('lvchange')) !== '', { deadlineMs });
      await use().endService('SIGKILL');
      await waitUntil('nothing is mounted', async () => (await use().mountCount()) === 0, { deadlineMs });
      await use().startService(short);
      expect(await use().readiness()).toMatch(/^HTTP\/1\.1 503 /);
      lock.kill('SIGKILL');
      await exposed;
      await leases.end();
      await waitUntil('the volume is not active', async () => !(await use().isActive(volumes.inactive)), {
        deadlineMs,
      });
    });

    it('refuses to run twice on a host', async () => {
      await expect(use().runSecondService([])).rejects.toThrow('host-lvm runs once on a host');
    });

    it('refuses to run as an ordinary user', async () => {
      await expect(use().runSecondService(['setpriv', '--reuid', '64738', '--clear-groups'])).rejects.toThrow(
        'host-lvm must run as root',
      );
    });
  });
}

const asError = (thrown: unknown): SnapfleetError => SnapfleetError.from(thrown);
const hangingRequest = { volumeMode: 'Filesystem', leaseKey: 'hanging', leaseSeconds: 600 } as const;
const behind = (program: string): unknown =>
  expect.stringContaining(`was not started, since this command hangs: ${program}`);
