import {
  activation,
  deactivation,
  removal,
  thinVolumes,
  volumeGroups,
  volumesOfHandle,
  volumeOfUuid,
} from '@snapfleet/lvm';
import { LvUuid, VolumeHandle } from '@snapfleet/contracts';

/** The programs that host-lvm starts as root; `node` is the one that it runs on. mount, umount, mknod, setpriv and cat are started by these. */
export const allowedPrograms = ['lvs', 'vgs', 'lvchange', 'lvremove', 'blkid', 'unshare', 'nsenter', 'node'] as const;
export type AllowedProgram = (typeof allowedPrograms)[number];

type Pattern = string | RegExp;

const pid = /^[1-9]\d{0,9}$/;
const ordinaryId = /^[1-9]\d{0,9}$/;
const volumeName = /^[A-Za-z0-9+_.][A-Za-z0-9+_.-]*\/[A-Za-z0-9+_.][A-Za-z0-9+_.-]*$/;
const device = /^\/dev\/mapper\/[A-Za-z0-9+_.][A-Za-z0-9+_.-]*$/;
/** No segment begins with a dot, so there is neither `..` nor a way to an option. */
const path = /^(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/;
const watchdogScript = /^(\/[A-Za-z0-9_@.][A-Za-z0-9_@.-]*)+\/writers\/thaw-watchdog\.js$/;
const milliseconds = /^[1-5]000$/;
const podCgroup =
  /^\/sys\/fs\/cgroup\/kubepods(\.slice)?(\/[a-z-]+(\.slice)?)?\/(kubepods-([a-z]+-)?)?pod[0-9a-f_-]{32,36}(\.slice)?$/;
const deviceNumber = /^\d{1,7}$/;
const selectHandle = /^lv_name=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const selectUuid = /^lv_uuid=[A-Za-z0-9]{6}(-[A-Za-z0-9]{4}){5}-[A-Za-z0-9]{6}$/;
/** All four conditions: with fewer, `lvremove --yes` could take other volumes. */
const selectRemoval =
  /^lv_uuid=[A-Za-z0-9]{6}(-[A-Za-z0-9]{4}){5}-[A-Za-z0-9]{6} && lv_name=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} && segtype=thin && lv_attr=~\^V$/;

const anyHandle = VolumeHandle.parse('00000000-0000-4000-8000-000000000000');
const anyUuid = LvUuid.parse('000000-0000-0000-0000-0000-0000-000000');
const anyVolume = { fullName: 'group/volume' };
/** The arguments of libs/lvm with a pattern in the one place that varies. */
const varying = (argv: readonly string[], pattern: RegExp): readonly Pattern[] => [...argv.slice(0, -1), pattern];
const inside = (...argv: readonly Pattern[]): readonly Pattern[] => ['--target', pid, '--mount', '--', ...argv];

interface AllowedCommand {
  readonly program: AllowedProgram;
  readonly argv: readonly Pattern[];
  /** Any number of further arguments like this. */
  readonly more?: Pattern;
}

/** The closed list: each command, argument by argument. What does not match is not started. */
export const allowedCommands: readonly AllowedCommand[] = [
  { program: 'lvs', argv: varying(volumesOfHandle(anyHandle), selectHandle) },
  { program: 'lvs', argv: varying(volumeOfUuid('any'), selectUuid) },
  { program: 'lvs', argv: thinVolumes },
  { program: 'vgs', argv: volumeGroups },
  { program: 'lvchange', argv: varying(activation(anyVolume), volumeName) },
  { program: 'lvchange', argv: varying(deactivation(anyVolume), volumeName) },
  { program: 'lvremove', argv: varying(removal(anyHandle, anyUuid), selectRemoval) },
  {
    program: 'blkid',
    argv: ['--probe', '--output', 'value', '--match-tag', 'TYPE', '--usages', 'filesystem', device],
  },
  {
    program: 'unshare',
    argv: [
      ...['--mount', '--propagation', 'slave', 'setpriv', '--reuid', ordinaryId, '--regid', ordinaryId],
      ...['--clear-groups', '--bounding-set', '-all', '--inh-caps', '-all', '--no-new-privs', '--pdeathsig', 'KILL'],
      'cat',
    ],
  },
  {
    program: 'nsenter',
    argv: inside(
      ...['mount', '--internal-only', '--types', 'tmpfs', '--options'],
      /^size=64k,mode=755,nosuid,noexec(,nosymfollow)?$/,
      ...['--source', 'snapfleet', '--target', path],
    ),
  },
  {
    program: 'nsenter',
    argv: inside(
      ...['mount', '--internal-only', '--types', /^(xfs|ext4)$/, '--options'],
      /^ro,nosuid,nodev,noexec(,nosymfollow|,nouuid|,norecovery|,noload)*$/,
      ...['--source', device, '--target', path],
    ),
  },
  { program: 'nsenter', argv: inside('umount', '--internal-only', path) },
  { program: 'node', argv: ['--no-warnings', watchdogScript, milliseconds, podCgroup], more: podCgroup },
  { program: 'nsenter', argv: inside('mknod', '--mode', '0440', path, 'b', deviceNumber, deviceNumber) },
];

/** Whether a command is on the closed list. */
export function isAllowed(program: string, argv: readonly string[]): program is AllowedProgram {
  return allowedCommands.some(
    ({ program: allowed, argv: patterns, more }) =>
      allowed === program &&
      (argv.length === patterns.length || (more !== undefined && argv.length > patterns.length)) &&
      argv.every((argument, index) => matches(patterns[index] ?? more, argument)),
  );
}

const matches = (pattern: Pattern | undefined, argument: string): boolean =>
  typeof pattern === 'string' ? pattern === argument : pattern?.test(argument) === true;
