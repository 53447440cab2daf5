import { DeviceId, VolumeConceal, VolumeExpose, VolumeHandle } from '@snapfleet/contracts';
import { AgentCommands, NatsLink } from '@snapfleet/messaging';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClaimName } from '../support/device-under-test.js';
import type { ServiceName } from '../support/services.js';
import type { SnapfleetDevice } from '../support/snapfleet-device.js';
import { waitUntil } from '../support/wait-until.js';

const deadlineMs = 120_000;
const leaseSeconds = 3600;
/** Bits of capabilities (include/uapi/linux/capability.h). */
const capabilities: Readonly<Record<string, number>> = {
  ...{ CHOWN: 0, DAC_OVERRIDE: 1, FOWNER: 3, FSETID: 4, KILL: 5, SETGID: 6, SETUID: 7, SETPCAP: 8 },
  ...{ SYS_CHROOT: 18, SYS_PTRACE: 19, SYS_ADMIN: 21, MKNOD: 27, SETFCAP: 31, SYSLOG: 34 },
};
const mounting = ['SYS_CHROOT', 'SYS_PTRACE', 'SYS_ADMIN', 'MKNOD'];
const hostRights = ['CHOWN', 'KILL', 'SETGID', 'SETUID', 'SETPCAP', 'SYSLOG', ...mounting];
const readers = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'MKNOD', 'SETFCAP'];
const expected: readonly (readonly [name: ServiceName, uid: number, effective: readonly string[]])[] = [
  ['host-lvm', 0, hostRights],
  ['backup-worker', 64738, readers],
  ['restore-verifier', 64738, readers],
];

const maskOf = (names: readonly string[]): string =>
  names
    .reduce((mask, name) => mask | (1n << BigInt(capabilities[name] ?? 63)), 0n)
    .toString(16)
    .padStart(16, '0');

/** Each line is something that is tried; what succeeds writes its name. */
const tries = (lines: readonly (readonly [name: string, command: string])[]): string =>
  lines
    .map(([name, command]) => `{ ${command}; } > /dev/null 2>&1 && echo '${name}'`)
    .join('\n')
    .concat('\ntrue\n');

/** What no reader may do; the names of those that succeed are written. */
const forbidden = tries([
  ['reads keys of services', 'ls /etc/snapfleet/keys'],
  ['reads credentials of others', 'ls /run/credentials | grep -v snapfleet-probe'],
  ['reads passwords of the host', 'cat /etc/shadow'],
  ['sees what host-lvm keeps', 'ls /var/lib/snapfleet/host-lvm'],
  ['sees files of root', 'test -n "$(ls -A /root)"'],
  ['sees processes of others', 'test -e /proc/1'],
  ['writes beside its folders', 'touch /usr/x || touch /etc/x || touch /srv/x'],
  ['mounts', 'mount -t tmpfs none /mnt'],
  ['makes a namespace', 'unshare --mount true || unshare --user true'],
  ['opens a device of the host', 'dd if=/dev/ubdb count=1'],
  ['opens a logical volume', 'dd if=/dev/mapper/rhel-thinpool_tdata count=1'],
  ['opens a device node that it has made', 'mknod own b 98 16; dd if=own count=1'],
  [
    'finds secrets behind a lease',
    'cat $lease/etc/shadow || ls $lease/etc/snapfleet/keys || ls $lease/run/credentials/*',
  ],
  ['finds data behind a lease', 'ls -d $lease/var/lib/snapfleet/backups || ls $lease/root/.[a-z]*'],
  ['opens a device behind a lease', 'dd if=$lease/dev/ubdb count=1'],
]);
const needed = tries([
  ['reads its key', 'test "$(wc -c < $CREDENTIALS_DIRECTORY/nkey)" -gt 50'],
  ['reads the leased volume', 'grep secret $lease/run/snapfleet/host-lvm/volume/private/file'],
  ['makes a device node', 'mknod node c 1 3 && test -c node'],
  ['gives a file away', 'touch file && chown 1234:1234 file'],
  ['makes a setuid file', 'chmod 4755 file && test -u file'],
  ['makes a file with capabilities', 'setfattr -n security.capability -v 0sAQAAAgAgAAAAAAAAAAAAAAAAAAA= file'],
  ['reads what is only for others', 'chmod 000 file && cat file'],
  ['writes backups', 'touch /var/lib/snapfleet/backups/copy/x && rm /var/lib/snapfleet/backups/copy/x'],
]);
const setUp = `
cd /var/lib/snapfleet/backup-worker; rm -rf probe; mkdir probe; cd probe
for holder in /proc/[0-9]*; do [ "$(tr -d '\\0' < $holder/cmdline)" != cat ] || lease=$holder/root; done
`;

/** How the units of the services that touch volumes hold them; the whole procedure runs by these units too. */
export function describeUnits(use: () => SnapfleetDevice, volume: () => ClaimName): void {
  describe('a service under its systemd unit', () => {
    const volumeHandle = VolumeHandle.parse(randomUUID());
    const leaseKey = `units-${volumeHandle}`;
    let link: NatsLink;
    let commands: AgentCommands;
    const guest = async (script: string): Promise<string> =>
      (await use().systemd.run('bash', ['-euo', 'pipefail', '-c', script])).stdout.trim();
    const mainPid = async (name: ServiceName): Promise<string> =>
      (await use().systemd.systemctl('show', '--property=MainPID', '--value', `snapfleet-${name}`)).trim();
    const expose = () => {
      const data = { volumeHandle, volumeMode: 'Filesystem', leaseKey, leaseSeconds } as const;
      return commands.call(VolumeExpose, data, { deadlineMs });
    };

    beforeAll(async () => {
      const { nats, name } = use();
      const seed = readFileSync(nats.seedFiles?.['backup-worker'] ?? '', 'ascii').trim();
      const options = {
        party: 'backup-worker',
        device: DeviceId.parse(name),
        servers: nats.url,
        nkeySeed: () => new TextEncoder().encode(seed),
      } as const;
      link = new NatsLink(options, 'test');
      commands = new AgentCommands(link, options);
      // Inactive, so that a lease has to activate it.
      await guest(`
        lvcreate -qq -V 64M -T rhel/thinpool -n ${volumeHandle}; mkfs.ext4 -q /dev/rhel/${volumeHandle}
        mount /dev/rhel/${volumeHandle} /mnt; mkdir -m 700 /mnt/private; echo secret > /mnt/private/file; umount /mnt
        lvchange -qq -an rhel/${volumeHandle}`);
    });
    afterAll(async () => {
      await commands.call(VolumeConceal, { leaseId: leaseKey }, { deadlineMs });
      await link.close();
    });

    test.each(expected)('%s has the user and the capabilities of its unit, and no others', async (name, uid, names) => {
      const status = await guest(`cat /proc/${await mainPid(name)}/status`);
      const field = (key: string): string => new RegExp(`^${key}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? '';
      const given = ['Uid', 'CapEff', 'CapBnd', 'NoNewPrivs', 'Seccomp'].map(field);
      expect(given).toEqual([String(uid), maskOf(names), maskOf(names), '1', '2']);
    });

    test('host-lvm has the log of the kernel open, which alone tells what ext4 passes over', async () => {
      const opened = await guest(`readlink /proc/${await mainPid('host-lvm')}/fd/*`);
      expect(opened.split('\n')).toContain('/dev/kmsg');
    });

    test('host-lvm comes back when it is killed, and an LVM command that it has begun is not killed with it', async () => {
      const { systemd } = use();
      const lvchange = () => guest('pgrep --exact lvchange || true');
      // As long as somebody reads the volume group, it cannot be changed.
      const reader = 'touch /run/locked; while test -e /run/locked; do sleep 0.2; done';
      const locked = guest(`flock --shared /run/lock/lvm/V_rhel sh -c "${reader}"`);
      try {
        await waitUntil('the lock is held', async () => (await guest('ls /run/locked || true')) !== '', { deadlineMs });
        expose().catch(() => undefined);
        const begun = await waitUntil('LVM waits for it', async () => (await lvchange()) || undefined, { deadlineMs });
        const before = await mainPid('host-lvm');
        await systemd.systemctl('kill', '--signal=KILL', '--kill-whom=main', 'snapfleet-host-lvm');
        await waitUntil('host-lvm is started again', async () => !['0', before].includes(await mainPid('host-lvm')));
        expect(await lvchange()).toBe(begun);
      } finally {
        await guest('rm -f /run/locked');
        await locked;
      }
      await waitUntil('LVM has ended', async () => (await lvchange()) === '', { deadlineMs });
      expect((await expose()).filesystem).toBe('ext4');
    });

    test('a reader can do what it needs and nothing else, also not by way of a lease', async () => {
      const written = await use().systemd.probe('backup-worker', `${setUp}${needed}${forbidden}`);
      expect(written.trim().split('\n')).toEqual([...needed.matchAll(/echo '(.*)'$/gm)].map(([, name]) => name));
    });

    test('what a host unmounts is let go by host-lvm and by leases, though it was mounted before they were', async () => {
      const { namespace } = volume();
      const mounts = async (): Promise<string[]> =>
        (await guest(`awk '$2 ~ "^/run/snapfleet-node/" { print $1 }' /proc/self/mounts`)).split('\n');
      const before = await mounts();
      expect(before[0]).toMatch(/^\/dev\//);
      const metadata = { namespace, name: 'notes' };
      await use().device.applyObjects({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas: 0 } });
      const unmounted = async (): Promise<string[]> => {
        const after = await mounts();
        return before.filter((device) => !after.includes(device));
      };
      await waitUntil('its volume is unmounted', async () => (await unmounted()).length > 0, { deadlineMs });
      for (const device of await unmounted()) {
        expect(await guest(`dmsetup info --columns --noheadings --options open ${device}`)).toBe('0');
      }
    });
  });
}
