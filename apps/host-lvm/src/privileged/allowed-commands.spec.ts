import { LvUuid, VolumeHandle } from '@snapfleet/contracts';
import {
  activation,
  deactivation,
  removal,
  thinVolumes,
  volumeGroups,
  volumeOfUuid,
  volumesForSurvey,
  volumesOfHandle,
} from '@snapfleet/lvm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowedCommand, allowedCommands, runningCommand, subjectOf } from './allowed-commands.js';

const handle = VolumeHandle.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87');
const lvUuid = LvUuid.parse('nh80ZK-2kJ2-fZi2-kQV1-Tc26-LxXV-GTTluO');
const volume = { fullName: `rhel/${handle}`, lvUuid };
const [yes = '', config = '', noWaiting = '', select = '', condition = ''] = removal(handle, lvUuid);
const removing = [yes, config, noWaiting, select];
const inside = (...command: string[]): string[] => ['--target', '42', '--mount', '--', ...command];
const mount = (
  filesystem: string,
  options: string,
  source: string,
  target = '/run/snapfleet/host-lvm/volume',
): string[] =>
  inside(
    ...['mount', '--internal-only', '--types', filesystem, '--options', options],
    ...['--source', source, '--target', target],
  );
const device = '/dev/mapper/rhel-5b0a4c3e--7f2d';
const podCgroup =
  '/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod5b0a4c3e_7f2d_5c1a_9e8b_2f6d1c0b9a87.slice';
const watchdog = (...directories: string[]): string[] => [
  ...['--no-warnings', '/opt/snapfleet/apps/host-lvm/dist/writers/thaw-watchdog.js', '5000', ...directories],
];
const isAllowed = (program: string, argv: readonly string[]): boolean => allowedCommand(program, argv) !== undefined;

const allowed: readonly (readonly [name: string, program: string, argv: readonly string[]])[] = [
  ['find', 'lvs', volumesOfHandle(handle)],
  ['find-again', 'lvs', volumeOfUuid(lvUuid)],
  ['report-pools', 'lvs', thinVolumes],
  ['survey', 'lvs', volumesForSurvey([handle, handle])],
  ['report-groups', 'vgs', volumeGroups],
  ['activate', 'lvchange', activation(volume)],
  ['deactivate', 'lvchange', deactivation(volume)],
  ['remove', 'lvremove', removal(handle, lvUuid)],
  ['probe', 'blkid', ['--probe', '--output', 'value', '--match-tag', 'TYPE', '--usages', 'filesystem', device]],
  [
    'start-holder',
    'unshare',
    [
      ...['--mount', '--propagation', 'slave', 'setpriv', '--reuid', '64738', '--regid', '64738'],
      ...['--clear-groups', '--bounding-set', '-all', '--inh-caps', '-all', '--no-new-privs', '--pdeathsig', 'KILL'],
      'cat',
    ],
  ],
  [
    'mount-scratch',
    'nsenter',
    inside(
      ...['mount', '--internal-only', '--types', 'tmpfs', '--options', 'size=64k,mode=755,nosuid,noexec,nosymfollow'],
      ...['--source', 'snapfleet', '--target', '/run/snapfleet/host-lvm'],
    ),
  ],
  ['mount', 'nsenter', mount('xfs', 'ro,nosuid,nodev,noexec,nosymfollow,nouuid', device)],
  ['mount', 'nsenter', mount('ext4', 'ro,nosuid,nodev,noexec,errors=remount-ro,noload', device)],
  ['unmount', 'nsenter', inside('umount', '--internal-only', '/run/snapfleet/host-lvm/volume')],
  ['make-node', 'nsenter', inside('mknod', '--mode', '0440', '/run/snapfleet/volume', 'b', '254', '7')],
  ['freeze', 'node', watchdog(podCgroup)],
  ['freeze', 'node', watchdog(podCgroup, '/sys/fs/cgroup/kubepods/burstable/pod5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87')],
];

describe('the closed list', () => {
  it.each(allowed)('allows %s: %s %j', (name, program, argv) => {
    expect(allowedCommand(program, argv)?.name).toBe(name);
  });

  it('has no command that is not tried here', () => {
    expect(new Set(allowed.map(([name]) => name))).toEqual(new Set(allowedCommands.map(({ name }) => name)));
  });

  it.each([
    ['sh', ['-c', 'id']],
    ['lvremove', [`rhel/${handle}`]],
    ['lvremove', [yes, `rhel/${handle}`]],
    ['lvremove', [yes, select, condition]],
    ['lvremove', [yes, config, 'global/wait_for_locks=1', select, condition]],
    ['lvremove', ['--force', ...removing, condition]],
    ['lvremove', [...removing, `lv_name=${handle}`]],
    ['lvremove', [...removing, `${condition} || vg_name=rhel`]],
    ['lvremove', [...removing, condition.replace('lv_attr=~^V', 'lv_attr=~^')]],
    ['lvremove', [...removing, condition, 'rhel']],
    ['lvs', []],
    ['lvs', [...volumesOfHandle(handle), '--config=x']],
    ['lvs', [...volumesOfHandle(handle).slice(0, -1), 'lv_name=x || vg_name=y']],
    ['lvs', [...volumesOfHandle(handle).slice(0, -1), `lv_name=${handle}\n`]],
    ['lvs', volumesForSurvey(Array.from({ length: 17 }, () => handle))],
    ['lvchange', activation({ ...volume, fullName: '--config=x/y' })],
    ['lvchange', activation({ ...volume, fullName: `rhel/${handle}/..` })],
    ['lvchange', activation({ ...volume, lvUuid: `${lvUuid} || vg_name=rhel` })],
    ['lvchange', ['--activate', 'y', '--permission', 'rw', `rhel/${handle}`]],
    ['lvchange', ['--activate', 'n', `rhel/${handle}`]],
    ['nsenter', inside('sh')],
    ['nsenter', ['--target', '42', '--all', '--', 'umount', '--internal-only', '/run/x']],
    ['nsenter', mount('btrfs', 'ro,nosuid,nodev,noexec', device)],
    ['nsenter', mount('xfs', 'rw,nosuid,nodev,noexec', device)],
    ['nsenter', mount('xfs', 'ro,nosuid,nodev', device)],
    ['nsenter', mount('xfs', 'ro,nosuid,nodev,noexec,suid', device)],
    ['nsenter', mount('ext4', 'ro,nosuid,nodev,noexec,errors=panic', device)],
    ['nsenter', mount('xfs', 'ro,nosuid,nodev,noexec', '/dev/sda1')],
    ['nsenter', mount('xfs', 'ro,nosuid,nodev,noexec', '/dev/mapper/../sda1')],
    ['nsenter', mount('xfs', 'ro,nosuid,nodev,noexec', device, '/run/snapfleet/../../etc')],
    ['nsenter', inside('mknod', '--mode', '0666', '/run/snapfleet/volume', 'b', '8', '0')],
    ['node', ['--eval', 'process.exit()']],
    ['node', watchdog()],
    ['node', watchdog(podCgroup).with(1, '/opt/../tmp/writers/thaw-watchdog.js')],
    ['node', watchdog('/sys/fs/cgroup/system.slice/sshd.service')],
    ['node', watchdog(podCgroup, `${podCgroup}/../../../system.slice`)],
    ['node', watchdog(podCgroup, '/sys/fs/cgroup')],
  ])('refuses %s %j', (program, argv) => {
    expect(isAllowed(program, argv)).toBe(false);
  });

  it('lets no argument through that a parser could take for something else, wherever it stands', () => {
    const hostile = fc.oneof(
      fc.constantFrom('', '-', '--', '-o', '--config=x', '..', '/..', '$(id)', '`id`', '\0', '\n', ' ', ',suid', '*'),
      fc.constantFrom('\u202e', '\ufffd', '"', "'", '\\', ';', '&', 'a'.repeat(4096), '/a'.repeat(2048)),
      fc.array(fc.nat(0x10_ffff), { maxLength: 8 }).map((points) => String.fromCodePoint(...points)),
    );
    const places = allowed.flatMap(([, program, argv]) => argv.map((good, index) => ({ program, argv, good, index })));
    fc.assert(
      fc.property(fc.constantFrom(...places), hostile, fc.nat(64), (place, piece, at) => {
        const { program, argv, good, index } = place;
        for (const argument of [piece, good.slice(0, at) + piece + good.slice(at)]) {
          if (argument === good || !isAllowed(program, argv.with(index, argument))) continue;
          expect(argument).toMatch(/^[A-Za-z0-9+_./@][A-Za-z0-9+_./@,=|-]*$/);
          expect(argument.split('/')).not.toContain('..');
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a command that runs', () => {
  it('is recognised by its command line, also what nsenter has started in its place', () => {
    for (const [name, program, argv] of allowed)
      if (name !== 'start-holder') expect(runningCommand([`/usr/sbin/${program}`, ...argv])?.name).toBe(name);
    expect(runningCommand(mount('xfs', 'ro,nosuid,nodev,noexec,nouuid', device).slice(4))?.name).toBe('mount');
    expect(runningCommand(['mount', '/dev/sda1', '/mnt'])).toBeUndefined();
    expect(runningCommand(['lvs'])).toBeUndefined();
    expect(runningCommand([])).toBeUndefined();
  });

  it('waits for LVM, for a device, for its holder, or for its cgroups', () => {
    const subjects = allowed.map(([name, program, argv]) => {
      const command = allowedCommand(program, argv);
      return `${name}: ${command === undefined ? '' : subjectOf(command, argv)}`;
    });
    expect(subjects).toEqual(
      expect.arrayContaining([
        'find: lvm',
        'activate: lvm',
        `probe: ${device}`,
        `mount: ${device}`,
        'unmount: unmount 42',
        'remove: lvm',
        `freeze: freeze ${podCgroup}`,
      ]),
    );
  });
});
