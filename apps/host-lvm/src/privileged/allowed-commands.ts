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
import { LvUuid, VolumeHandle } from '@snapfleet/contracts';

/** The programs that host-lvm starts as root; `node` is the one that it runs on. mount, umount, mknod, setpriv and cat are started by these. */
export const allowedPrograms = ['lvs', 'vgs', 'lvchange', 'lvremove', 'blkid', 'unshare', 'nsenter', 'node'] as const;
export type AllowedProgram = (typeof allowedPrograms)[number];

type Pattern = string | RegExp;

/** A command that host-lvm may start. */
export interface AllowedCommand {
  /** What it does. Failpoints are named by it. */
  readonly name: string;
  readonly program: AllowedProgram;
  readonly argv: readonly Pattern[];
  /** Any number of further arguments like this. */
  readonly more?: Pattern;
  /** What keeps it from ending when it hangs: LVM as a whole, the device that it names, its own holder, or its cgroups. */
  readonly waitsFor: 'lvm' | 'device' | 'holder' | 'writers';
}

const pid = /^[1-9]\d{0,9}$/;
const ordinaryId = /^[1-9]\d{0,9}$/;
const volumeName = /^[A-Za-z0-9+_.][A-Za-z0-9+_.-]*\/[A-Za-z0-9+_.][A-Za-z0-9+_.-]*$/;
const device = /^\/dev\/mapper\/[A-Za-z0-9+_.][A-Za-z0-9+_.-]*$/;
/** No segment begins with a dot, so there is neither `..` nor a way to an option. */
const path = /^(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/;
const watchdogScript = /^(\/\.?[A-Za-z0-9_@][A-Za-z0-9_@.-]*)+\/writers\/thaw-watchdog\.js$/;
const milliseconds = /^[1-5]000$/;
const podCgroup =
  /^\/sys\/fs\/cgroup\/kubepods(\.slice)?(\/[a-z-]+(\.slice)?)?\/(kubepods-([a-z]+-)?)?pod[0-9a-f_-]{32,36}(\.slice)?$/;
const deviceNumber = /^\d{1,7}$/;
const selectHandle = /^lv_name=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const selectForSurvey =
  /^segtype=thin-pool \|\| segtype=thin( \|\| lv_name=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}){1,16}$/;
const selectUuid = /^lv_uuid=[A-Za-z0-9]{6}(-[A-Za-z0-9]{4}){5}-[A-Za-z0-9]{6}$/;
/** All four conditions: with fewer, `lvremove --yes` could take other volumes. */
const selectRemoval =
  /^lv_uuid=[A-Za-z0-9]{6}(-[A-Za-z0-9]{4}){5}-[A-Za-z0-9]{6} && lv_name=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} && segtype=thin && lv_attr=~\^V$/;

const anyHandle = VolumeHandle.parse('00000000-0000-4000-8000-000000000000');
const anyUuid = LvUuid.parse('000000-0000-0000-0000-0000-0000-000000');
const anyVolume = { fullName: 'group/volume', lvUuid: anyUuid };
/** The arguments of libs/lvm with patterns in the last places, which vary. */
const varying = (argv: readonly string[], ...patterns: readonly RegExp[]): readonly Pattern[] => [
  ...argv.slice(0, -patterns.length),
  ...patterns,
];
const insideHolder = ['--target', pid, '--mount', '--'] as const;
const inside = (...argv: readonly Pattern[]): readonly Pattern[] => [...insideHolder, ...argv];

/** The closed list: each command, argument by argument. What does not match is not started. */
export const allowedCommands: readonly AllowedCommand[] = [
  { name: 'find', program: 'lvs', argv: varying(volumesOfHandle(anyHandle), selectHandle), waitsFor: 'lvm' },
  { name: 'find-again', program: 'lvs', argv: varying(volumeOfUuid(anyUuid), selectUuid), waitsFor: 'lvm' },
  { name: 'report-pools', program: 'lvs', argv: thinVolumes, waitsFor: 'lvm' },
  { name: 'survey', program: 'lvs', argv: varying(volumesForSurvey([anyHandle]), selectForSurvey), waitsFor: 'lvm' },
  { name: 'report-groups', program: 'vgs', argv: volumeGroups, waitsFor: 'lvm' },
  {
    name: 'activate',
    program: 'lvchange',
    argv: varying(activation(anyVolume), selectUuid, volumeName),
    waitsFor: 'lvm',
  },
  {
    name: 'deactivate',
    program: 'lvchange',
    argv: varying(deactivation(anyVolume), selectUuid, volumeName),
    waitsFor: 'lvm',
  },
  {
    name: 'remove',
    program: 'lvremove',
    argv: varying(removal(anyHandle, anyUuid), selectRemoval),
    waitsFor: 'lvm',
  },
  {
    name: 'probe',
    program: 'blkid',
    argv: ['--probe', '--output', 'value', '--match-tag', 'TYPE', '--usages', 'filesystem', device],
    waitsFor: 'device',
  },
  {
    name: 'start-holder',
    program: 'unshare',
    argv: [
      ...['--mount', '--propagation', 'slave', 'setpriv', '--reuid', ordinaryId, '--regid', ordinaryId],
      ...['--clear-groups', '--bounding-set', '-all', '--inh-caps', '-all', '--no-new-privs', '--pdeathsig', 'KILL'],
      'cat',
    ],
    waitsFor: 'holder',
  },
  {
    name: 'mount-scratch',
    program: 'nsenter',
    argv: inside(
      ...['mount', '--internal-only', '--types', 'tmpfs', '--options'],
      /^size=64k,mode=755,nosuid,noexec(,nosymfollow)?$/,
      ...['--source', 'snapfleet', '--target', path],
    ),
    waitsFor: 'holder',
  },
  {
    name: 'mount',
    program: 'nsenter',
    argv: inside(
      ...['mount', '--internal-only', '--types', /^(xfs|ext4)$/, '--options'],
      /^ro,nosuid,nodev,noexec(,nosymfollow|,nouuid|,norecovery|,noload|,errors=remount-ro)*$/,
      ...['--source', device, '--target', path],
    ),
    waitsFor: 'device',
  },
  { name: 'unmount', program: 'nsenter', argv: inside('umount', '--internal-only', path), waitsFor: 'holder' },
  {
    name: 'make-node',
    program: 'nsenter',
    argv: inside('mknod', '--mode', '0440', path, 'b', deviceNumber, deviceNumber),
    waitsFor: 'holder',
  },
  {
    name: 'freeze',
    program: 'node',
    argv: ['--no-warnings', watchdogScript, milliseconds, podCgroup],
    more: podCgroup,
    waitsFor: 'writers',
  },
];

/** The command of the closed list that this is, or undefined. */
export function allowedCommand(program: string, argv: readonly string[]): AllowedCommand | undefined {
  return allowedCommands.find((command) => command.program === program && follows(argv, command));
}

/**
 * The command of the closed list that a process with this command line runs, or undefined. What nsenter starts takes its
 * place, so it is seen by its own name.
 */
export function runningCommand(commandLine: readonly string[]): AllowedCommand | undefined {
  const [started = '', ...argv] = commandLine;
  const program = started.slice(started.lastIndexOf('/') + 1);
  return (
    allowedCommand(program, argv) ??
    allowedCommands.find(
      (command) =>
        command.program === 'nsenter' && follows([program, ...argv], { argv: command.argv.slice(insideHolder.length) }),
    )
  );
}

/** What a command waits for when it hangs, by name: two commands of one subject would hang alike. */
export function subjectOf({ name, waitsFor }: AllowedCommand, argv: readonly string[]): string {
  if (waitsFor === 'lvm') return lvm;
  if (waitsFor === 'device') return argv.find((argument) => device.test(argument)) ?? name;
  if (waitsFor === 'writers') return `${name} ${argv.filter((argument) => podCgroup.test(argument)).join(' ')}`;
  return `${name} ${argv.find((argument) => pid.test(argument)) ?? ''}`;
}

/** The subject of all commands of LVM. */
export const lvm = 'lvm';

const follows = (argv: readonly string[], { argv: patterns, more }: Pick<AllowedCommand, 'argv' | 'more'>): boolean =>
  (argv.length === patterns.length || (more !== undefined && argv.length > patterns.length)) &&
  argv.every((argument, index) => matches(patterns[index] ?? more, argument));

const matches = (pattern: Pattern | undefined, argument: string): boolean =>
  typeof pattern === 'string' ? pattern === argument : pattern?.test(argument) === true;
