import { z } from 'zod';
import { jsonBytes } from './envelope.js';
import { ObjectName } from './identifiers.js';

/** The kinds of workload that can be quiesced. */
export const WorkloadKind = z.enum(['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController', 'Pod']);
export type WorkloadKind = z.infer<typeof WorkloadKind>;

/** A workload in the PersistentVolumeClaim's namespace. */
export const Workload = z.object({ kind: WorkloadKind, name: ObjectName });
export type Workload = z.infer<typeof Workload>;

const deadlineSeconds = (fallback: number): z.ZodDefault<z.ZodNumber> =>
  z.number().int().min(5).max(86_400).default(fallback);

/** A command that runs in the Pods that use the volume, before or after the cut; no shell is added. */
export const Hook = z.object({
  container: ObjectName.optional().describe('default: the first container of the Pod'),
  command: z
    .array(z.string().min(1).max(4096))
    .min(1)
    .max(64)
    .describe('program and arguments; no secrets: they are kept with the restore point'),
  timeoutSeconds: z
    .number()
    .int()
    .min(1)
    .max(600)
    .default(30)
    .describe('then it counts as failed; the process in the Pod is not ended by that'),
  onError: z
    .enum(['fail', 'continue'])
    .default('fail')
    .describe('`continue`: the snapshot is made all the same, and its grade is `crash`'),
});
export type Hook = z.infer<typeof Hook>;

/** A hook after the cut that always fails must not hold the volume for ever: so often it is tried. */
export const mostHookFailures = 10;

/** The longest time for which writers are frozen, in seconds. */
export const longestFreezeSeconds = 5;

/** How long a workload may be away or held, in seconds; then the workload guard lets it go on, whatever became of the rest. */
export const MaximumDowntimeSeconds = z.number().int().min(30).max(86_400).default(900);

/** What is done so that nobody writes while the snapshot is cut. */
export const Quiesce = z.discriminatedUnion('level', [
  z.object({
    level: z.literal('cold').describe('the workload is scaled to 0, or the Pod deleted, and put back afterwards'),
    workload: Workload,
    deadlineSeconds: deadlineSeconds(300).describe('how long the Pods may take to end'),
    maximumDowntimeSeconds: MaximumDowntimeSeconds.describe(
      'how long the workload may be away before the dead-man timer brings it back',
    ),
  }),
  z.object({
    level: z.literal('frozen').describe('the processes of the Pods are stopped for the cut, and go on afterwards'),
    workload: Workload,
    maximumFreezeSeconds: z
      .number()
      .int()
      .min(1)
      .max(longestFreezeSeconds)
      .default(longestFreezeSeconds)
      .describe('after this time they go on in any case; a snapshot that was not cut by then has the grade `crash`'),
  }),
  z.object({
    level: z.literal('hooks').describe('commands in the Pods make the application ready for the cut, and let it go on'),
    workload: Workload,
    before: z.array(Hook).min(1).max(8),
    after: z
      .array(Hook)
      .max(8)
      .default([])
      .describe('run on every path, until they succeed, their Pod is gone or they have failed ten times'),
    maximumDowntimeSeconds: MaximumDowntimeSeconds.describe(
      'how long the application may be held before the dead-man timer runs the hooks of after the cut',
    ),
  }),
  z.object({ level: z.literal('none').describe('nothing; device-mapper alone suspends the volume for the cut') }),
]);
export type Quiesce = z.infer<typeof Quiesce>;
export type QuiesceLevel = Quiesce['level'];

/** The name of a mover as set up on the device: `copy` and `restic` are built in. */
export const MoverName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be 1 to 32 of a-z, 0-9 and "-", and begin with a letter');
export type MoverName = z.infer<typeof MoverName>;

/** What is proven: that the local snapshot restores, that each backup restores. */
export const VerifyLevel = z.enum(['snapshot', 'backup']);
export type VerifyLevel = z.infer<typeof VerifyLevel>;

/** A command that runs in the Pod that uses the restored volume; exit code 0 means that the data is right. */
export const Assertion = z.object({
  image: z.string().min(1).max(512).describe('container image that is on the device'),
  command: z.array(z.string().max(4096)).min(1).max(64).describe('program and arguments; no shell is added'),
  mountPath: z
    .string()
    .regex(/^\/[A-Za-z0-9._/-]{1,200}$/, 'must be an absolute path')
    .default('/data'),
  timeoutSeconds: deadlineSeconds(300),
});
export type Assertion = z.infer<typeof Assertion>;

/** What becomes of older restore points of the same claim, by its uid. */
export const Retention = z.object({
  keepLast: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .describe(
      'after a verified run, older restore points of the same claim (by its uid) beyond this number lose their local snapshot; never the last verified one',
    ),
});
export type Retention = z.infer<typeof Retention>;

const percent = z.number().min(1).max(100);

/** How full a thin pool may be for a snapshot to be begun, and what is done about a pool that is fuller. */
export const PoolGuard = z.object({
  maximumDataPercent: percent.default(80),
  maximumMetadataPercent: percent.default(80),
  whenFull: z
    .enum(['refuse', 'evict'])
    .default('refuse')
    .describe(
      '`evict`: the oldest local snapshots whose backups are verified are deleted, never the last good copy; the command is still refused, and can be sent again when they are gone',
    ),
});
export type PoolGuard = z.infer<typeof PoolGuard>;

/** How one snapshot is made, moved and proven. */
export const SnapshotPolicy = z.object({
  quiesce: Quiesce.default({ level: 'none' }),
  volumeSnapshotClassName: ObjectName.optional().describe('default: the default class of topolvm.io, or the only one'),
  readyDeadlineSeconds: deadlineSeconds(300).describe('how long the VolumeSnapshot may take to become ready'),
  movers: z.array(MoverName).max(8).default([]).describe('where to copy the data to'),
  verify: z.array(VerifyLevel).max(2).default(['snapshot', 'backup']),
  assertion: Assertion.optional(),
  allowEmpty: z.boolean().default(false).describe('whether a volume without any file is a success'),
  retention: Retention.optional(),
  poolGuard: PoolGuard.prefault({}),
});
export type SnapshotPolicy = z.infer<typeof SnapshotPolicy>;

/** Of how many bytes a command's policy, or its assertion, is at most: the services repeat them in messages with more beside. */
export const maximumPolicyBytes = 64 * 1024;
const fits = (value: object): boolean => jsonBytes(value) <= maximumPolicyBytes;
const atMost = `must have at most ${String(maximumPolicyBytes)} bytes as JSON`;

/** The policy in a command. What the journal holds is not held to the bound: it may be of a version that had none. */
export const CommandPolicy = SnapshotPolicy.prefault({}).refine(fits, atMost).describe(atMost);

/** The assertion in a command. */
export const CommandAssertion = Assertion.refine(fits, atMost).describe(atMost);
