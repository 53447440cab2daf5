import type { SnapshotCreate, DataInputOf } from '@snapfleet/client';
import { Command, Option } from 'commander';
import {
  gather,
  gatherProgram,
  parseCount,
  parseSeconds,
  parseWorkload,
  type WorkloadArgument,
} from './parse-arguments.js';

/** The policy of a snapshot as the contract takes it. */
export type PolicyInput = NonNullable<DataInputOf<typeof SnapshotCreate>['policy']>;

/** The options that make a policy. */
export interface PolicyOptions {
  readonly quiesce?: WorkloadArgument;
  readonly quiesceDeadline?: number;
  readonly level?: 'cold' | 'frozen' | 'hooks';
  readonly before?: string[][];
  readonly after?: string[][];
  readonly hookTimeout?: number;
  readonly whenPoolFull?: 'refuse' | 'evict';
  readonly maxDowntime?: number;
  readonly class?: string;
  readonly readyDeadline?: number;
  readonly mover?: string[];
  readonly verify?: string[];
  readonly keepLast?: number;
  readonly allowEmpty?: boolean;
  readonly assertImage?: string;
  readonly assertCommand?: string[];
}

/** Adds the options of a policy to a command. */
export function addPolicyOptions(command: Command): Command {
  return command
    .option(
      '-q, --quiesce <kind/name>',
      'quiesce this workload for the cut, and let it go on afterwards',
      parseWorkload,
    )
    .addOption(
      new Option('--level <level>', 'how: scale it to 0, freeze its processes, or run commands in its Pods')
        .choices(['cold', 'frozen', 'hooks'])
        .default(undefined, 'cold'),
    )
    .option('--quiesce-deadline <duration>', 'level cold: how long its Pods may take to end', parseSeconds)
    .option(
      '--max-downtime <duration>',
      'level cold or hooks: when the workload comes back, or goes on, whatever happens; default: 15m',
      parseSeconds,
    )
    .option(
      '--before <program>',
      'level hooks: run in each Pod before the cut; a word, or ["psql", "-c", "CHECKPOINT"]; repeat for more; no secrets',
      gatherProgram,
    )
    .option('--after <program>', 'level hooks: run in each Pod after the cut', gatherProgram)
    .option(
      '--hook-timeout <duration>',
      'level hooks: how long such a program may take; then it has failed, and may still run',
      parseSeconds,
    )
    .option('-m, --mover <name>', 'back up with this mover, such as copy or restic; repeat for more', gather)
    .addOption(new Option('--verify <levels>', 'what to prove: snapshot, backup, or none').argParser(gather))
    .option('--class <name>', 'VolumeSnapshotClass; default: the default one of topolvm.io')
    .option('--ready-deadline <duration>', 'how long the VolumeSnapshot may take', parseSeconds)
    .option(
      '--keep-last <number>',
      'how many local snapshots of the volume to keep after this one is proven',
      parseCount,
    )
    .addOption(
      new Option('--when-pool-full <action>', 'what to do about a thin pool without room').choices(['refuse', 'evict']),
    )
    .option('--allow-empty', 'accept a volume without any file')
    .option('--assert-image <image>', 'container image of the assertion that runs against the restored data')
    .option('--assert-command <word...>', 'program and arguments of the assertion');
}

/** Leaves out what is undefined: the contract tells absent and undefined apart. */
function defined<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/** What is done so that nobody writes; a level without a workload is left to the contract, which refuses it. */
function quiesceFrom(options: PolicyOptions): PolicyInput['quiesce'] {
  const { quiesce: workload, level = 'cold', quiesceDeadline, before, after, hookTimeout } = options;
  if (workload === undefined && options.level === undefined) return undefined;
  const hooks = (programs: string[][] | undefined) =>
    programs?.map((command) => ({ command, ...defined({ timeoutSeconds: hookTimeout }) }));
  const byLevel = {
    cold: { deadlineSeconds: quiesceDeadline, maximumDowntimeSeconds: options.maxDowntime },
    frozen: {},
    hooks: { before: hooks(before) ?? [], after: hooks(after), maximumDowntimeSeconds: options.maxDowntime },
  }[level];
  return defined({ level, workload, ...byLevel }) as PolicyInput['quiesce'];
}

/** The policy that the options ask for. What is wrong in it is found by the contract, with the field's name. */
export function policyFrom(options: PolicyOptions): PolicyInput {
  const { verify, assertImage, assertCommand, keepLast, whenPoolFull } = options;
  return defined({
    quiesce: quiesceFrom(options),
    volumeSnapshotClassName: options.class,
    readyDeadlineSeconds: options.readyDeadline,
    movers: options.mover,
    verify: verify?.filter((level) => level !== 'none'),
    assertion: assertImage === undefined ? undefined : { image: assertImage, command: assertCommand ?? [] },
    allowEmpty: options.allowEmpty,
    retention: keepLast === undefined ? undefined : { keepLast },
    poolGuard: whenPoolFull === undefined ? undefined : { whenFull: whenPoolFull },
  }) as PolicyInput;
}
