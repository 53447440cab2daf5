import type { SnapshotCreate, DataInputOf } from '@snapfleet/client';
import { Command, Option } from 'commander';
import { gather, parseCount, parseSeconds, parseWorkload, type WorkloadArgument } from './parse-arguments.js';

/** The policy of a snapshot as the contract takes it. */
export type PolicyInput = NonNullable<DataInputOf<typeof SnapshotCreate>['policy']>;

/** The options that make a policy. */
export interface PolicyOptions {
  readonly quiesce?: WorkloadArgument;
  readonly quiesceDeadline?: number;
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
    .option('-q, --quiesce <kind/name>', 'scale this workload to 0 for the cut, and put it back', parseWorkload)
    .option('--quiesce-deadline <duration>', 'how long its Pods may take to end', parseSeconds)
    .option('--max-downtime <duration>', 'when the workload comes back whatever happens; default: 15m', parseSeconds)
    .option('-m, --mover <name>', 'back up with this mover, such as copy or restic; repeat for more', gather)
    .addOption(new Option('--verify <levels>', 'what to prove: snapshot, backup, or none').argParser(gather))
    .option('--class <name>', 'VolumeSnapshotClass; default: the default one of topolvm.io')
    .option('--ready-deadline <duration>', 'how long the VolumeSnapshot may take', parseSeconds)
    .option(
      '--keep-last <number>',
      'how many local snapshots of the volume to keep after this one is proven',
      parseCount,
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

/** The policy that the options ask for. What is wrong in it is found by the contract, with the field's name. */
export function policyFrom(options: PolicyOptions): PolicyInput {
  const { quiesce, verify, assertImage, assertCommand, keepLast } = options;
  return defined({
    quiesce:
      quiesce === undefined
        ? undefined
        : {
            level: 'cold' as const,
            workload: quiesce,
            ...defined({ deadlineSeconds: options.quiesceDeadline, maximumDowntimeSeconds: options.maxDowntime }),
          },
    volumeSnapshotClassName: options.class,
    readyDeadlineSeconds: options.readyDeadline,
    movers: options.mover,
    verify: verify?.filter((level) => level !== 'none'),
    assertion: assertImage === undefined ? undefined : { image: assertImage, command: assertCommand ?? [] },
    allowEmpty: options.allowEmpty,
    retention: keepLast === undefined ? undefined : { keepLast },
  }) as PolicyInput;
}
