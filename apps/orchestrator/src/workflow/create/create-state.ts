import {
  BoundSnapshot,
  ErrorDetail,
  ObjectName,
  ObjectUid,
  SavedWorkload,
  Workload,
  WritingPod,
} from '@snapfleet/contracts';
import { z } from 'zod';
import type { StateFacts, Transitions } from '../state-facts.js';

const time = z.iso.datetime({ offset: true });
const since = {
  since: time,
  endedPodUids: z.array(ObjectUid).default([]).describe('of Pods that name a claim and had ended before the cut'),
};

/** The VolumeSnapshotClass of each restore point, in their order. */
const classNames = { volumeSnapshotClassNames: z.array(ObjectName).min(1) };

/** What was done so that nobody writes, with all that is needed to undo it. */
const Quiesced = z.discriminatedUnion('level', [
  z.object({
    level: z.literal('cold'),
    workload: SavedWorkload,
    generation: z.number().int().optional().describe('of the workload with its 0 replicas'),
    ...since,
  }),
  z.object({
    level: z.literal('frozen'),
    workload: Workload,
    pods: z.array(WritingPod),
    freezeId: z.string().optional().describe('once they are frozen'),
    ...since,
  }),
  z.object({
    level: z.literal('hooks'),
    workload: Workload,
    pods: z.array(WritingPod),
    failures: z.array(z.string()).describe('of hooks that may fail'),
    ...since,
  }),
]);
export type Quiesced = z.infer<typeof Quiesced>;

/** How the cut itself went; kept while the workload is put back. */
const Cut = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('ready'),
    snapshots: z.array(BoundSnapshot).min(1),
    disturbances: z.array(z.string()).optional().describe('what may have written meanwhile; absent: nobody has looked'),
  }),
  z.object({ kind: z.literal('failed'), error: ErrorDetail, phase: z.string(), begun: z.boolean() }),
]);
export type Cut = z.infer<typeof Cut>;

const returning = {
  quiesced: Quiesced,
  cut: Cut,
  attempt: z.number().int(),
  failures: z
    .number()
    .int()
    .optional()
    .describe('how many of the attempts were not hindered, but failed or were refused'),
};
const cleaning = { failure: ErrorDetail, failedIn: z.string(), attempt: z.number().int() };

/**
 * The states of `snapshot.create` and `group.create`. A state is stored before its step runs, so whatever is found in the
 * journal after a crash says which effect may have happened: `quiescing` with the saved workload means that it may be down.
 */
export const CreateState = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('preflight') }),
  z.object({ phase: z.literal('surveying'), ...classNames, quiesced: Quiesced.optional().describe('to be done') }),
  z.object({ phase: z.literal('quiescing'), ...classNames, quiesced: Quiesced }),
  z.object({ phase: z.literal('cutting'), ...classNames, quiesced: Quiesced.optional() }),
  z.object({ phase: z.literal('resuming'), ...returning }),
  z.object({ phase: z.literal('resume-waiting'), ...returning }),
  z.object({ phase: z.literal('cleaning'), ...cleaning }),
  z.object({ phase: z.literal('cleaning-waiting'), ...cleaning }),
  z.object({ phase: z.literal('ready') }),
  z.object({ phase: z.literal('failed') }),
]);
export type CreateState = z.infer<typeof CreateState>;

/** A state's name. */
export type CreatePhase = CreateState['phase'];

/** The state of this name. */
export type CreateStateIn<Phase extends CreatePhase> = Extract<CreateState, { phase: Phase }>;

const state = (
  steps: readonly string[],
  next: readonly CreatePhase[],
  cancellable = false,
): StateFacts<CreatePhase> => ({
  steps,
  next,
  cancellable,
});

/** Where each state can lead, as data: the diagram in the documentation and the fault tests are made from it. */
export const createTransitions: Transitions<CreatePhase> = {
  preflight: state(['claim.preflight'], ['surveying', 'failed'], true),
  surveying: state(['volume.survey'], ['quiescing', 'cutting', 'failed'], true),
  quiescing: state(['workload.quiesce', 'writers.freeze', 'workload.run-hooks'], ['cutting', 'resuming'], true),
  cutting: state(['snapshot.take'], ['resuming', 'ready', 'cleaning'], true),
  resuming: state(
    ['workload.resume', 'writers.thaw', 'workload.run-hooks'],
    ['ready', 'cleaning', 'failed', 'resume-waiting'],
  ),
  'resume-waiting': state([], ['resuming']),
  cleaning: state(['snapshot.remove'], ['failed', 'cleaning-waiting']),
  'cleaning-waiting': state([], ['cleaning']),
  ready: state([], []),
  failed: state([], []),
};
