import { LvUuid, VolumeHandle } from '@snapfleet/contracts';
import { activation, deactivation, removal, volumesOfHandle } from '@snapfleet/lvm';
import { describe, expect, it } from 'vitest';
import { isAllowed } from './allowed-commands.js';

const handle = VolumeHandle.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87');
const lvUuid = LvUuid.parse('nh80ZK-2kJ2-fZi2-kQV1-Tc26-LxXV-GTTluO');
const [yes = '', select = '', condition = ''] = removal(handle, lvUuid);
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

describe('the closed list', () => {
  it.each([
    ['lvs', volumesOfHandle(handle)],
    ['lvchange', activation({ fullName: `rhel/${handle}` })],
    ['lvchange', deactivation({ fullName: `rhel/${handle}` })],
    ['lvremove', removal(handle, lvUuid)],
    ['nsenter', mount('xfs', 'ro,nosuid,nodev,noexec,nosymfollow,nouuid', device)],
    ['nsenter', mount('ext4', 'ro,nosuid,nodev,noexec,noload', device)],
    ['nsenter', inside('umount', '--internal-only', '/run/snapfleet/host-lvm/volume')],
    ['node', watchdog(podCgroup)],
    ['node', watchdog(podCgroup, '/sys/fs/cgroup/kubepods/burstable/pod5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87')],
  ])('allows %s %j', (program, argv) => {
    expect(isAllowed(program, argv)).toBe(true);
  });

  it.each([
    ['sh', ['-c', 'id']],
    ['lvremove', [`rhel/${handle}`]],
    ['lvremove', [yes, `rhel/${handle}`]],
    ['lvremove', [yes, '--force', select, condition]],
    ['lvremove', [yes, select, `lv_name=${handle}`]],
    ['lvremove', [yes, select, `${condition} || vg_name=rhel`]],
    ['lvremove', [yes, select, condition.replace('lv_attr=~^V', 'lv_attr=~^')]],
    ['lvremove', [yes, select, condition, 'rhel']],
    ['lvs', []],
    ['lvs', [...volumesOfHandle(handle), '--config=x']],
    ['lvs', [...volumesOfHandle(handle).slice(0, -1), 'lv_name=x || vg_name=y']],
    ['lvs', [...volumesOfHandle(handle).slice(0, -1), `lv_name=${handle}\n`]],
    ['lvchange', activation({ fullName: '--config=x/y' })],
    ['lvchange', activation({ fullName: `rhel/${handle}/..` })],
    ['lvchange', ['--activate', 'y', '--permission', 'rw', `rhel/${handle}`]],
    ['nsenter', inside('sh')],
    ['nsenter', ['--target', '42', '--all', '--', 'umount', '--internal-only', '/run/x']],
    ['nsenter', mount('btrfs', 'ro,nosuid,nodev,noexec', device)],
    ['nsenter', mount('xfs', 'rw,nosuid,nodev,noexec', device)],
    ['nsenter', mount('xfs', 'ro,nosuid,nodev', device)],
    ['nsenter', mount('xfs', 'ro,nosuid,nodev,noexec,suid', device)],
    ['nsenter', mount('xfs', 'ro,nosuid,nodev,noexec', '/dev/sda1')],
    ['nsenter', mount('xfs', 'ro,nosuid,nodev,noexec', '/dev/mapper/../sda1')],
    ['nsenter', mount('xfs', 'ro,nosuid,nodev,noexec', device, '/run/snapfleet/../../etc')],
    ['nsenter', inside('mknod', '--mode', '0666', '/run/snapfleet/volume', 'b', '8', '0')],
    ['node', ['--eval', 'process.exit()']],
    ['node', watchdog()],
    ['node', watchdog('/sys/fs/cgroup/system.slice/sshd.service')],
    ['node', watchdog(podCgroup, `${podCgroup}/../../../system.slice`)],
    ['node', watchdog(podCgroup, '/sys/fs/cgroup')],
  ])('refuses %s %j', (program, argv) => {
    expect(isAllowed(program, argv)).toBe(false);
  });
});
