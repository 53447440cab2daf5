import { BoundSnapshot, ClaimFacts, ErrorDetail, ObjectName, SavedWorkload } from '@snapfleet/contracts';
import { z } from 'zod';

const time = z.iso.datetime({ offset: true });

/** What the preflight found out, needed by every later step. */
const Preflight = z.object({ claim: ClaimFacts, volumeSnapshotClassName: ObjectName });

/** The workload as it was, and since when it has been away. */
const Quiesced = z.object({ workload: SavedWorkload, since: time });

/** How the cut itself went; kept while the workload is put back. */
const Cut = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), snapshot: BoundSnapshot }),
  z.object({ kind: z.literal('failed'), error: ErrorDetail, phase: z.string(), begun: z.boolean() }),
]);
export type Cut = z.infer<typeof Cut>;

/**
 * The states of `snapshot.create`. A state is stored before its step runs, so whatever is found in the journal after
 * a crash says which effect may have happened: `quiescing` with the saved workload means that it may be down.
 */
export const CreateState = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('preflight') }),
  z.object({ phase: z.literal('quiescing'), preflight: Preflight, quiesced: Quiesced }),
  z.object({ phase: z.literal('cutting'), preflight: Preflight, quiesced: Quiesced.optional() }),
  z.object({
    phase: z.literal('resuming'),
    preflight: Preflight,
    quiesced: Quiesced,
    cut: Cut,
    attempt: z.number().int(),
  }),
  z.object({
    phase: z.literal('resume-waiting'),
    preflight: Preflight,
    quiesced: Quiesced,
    cut: Cut,
    attempt: z.number().int(),
  }),
  z.object({ phase: z.literal('cleaning'), failure: ErrorDetail, failedIn: z.string(), attempt: z.number().int() }),
  z.object({
    phase: z.literal('cleaning-waiting'),
    failure: ErrorDetail,
    failedIn: z.string(),
    attempt: z.number().int(),
  }),
  z.object({ phase: z.literal('ready') }),
  z.object({ phase: z.literal('failed') }),
]);
export type CreateState = z.infer<typeof CreateState>;

/** A state's name. */
export type CreatePhase = CreateState['phase'];

/** Where each state can lead, as data: the diagram in the documentation and the fault tests are made from it. */
export const createTransitions: Readonly<
  Record<CreatePhase, { readonly step: string; readonly next: readonly CreatePhase[] }>
> = {
  preflight: { step: 'claim.preflight', next: ['quiescing', 'cutting', 'failed'] },
  quiescing: { step: 'workload.quiesce', next: ['cutting', 'resuming'] },
  cutting: { step: 'snapshot.take', next: ['resuming', 'ready', 'cleaning'] },
  resuming: { step: 'workload.resume', next: ['ready', 'cleaning', 'failed', 'resume-waiting'] },
  'resume-waiting': { step: 'wait', next: ['resuming'] },
  cleaning: { step: 'snapshot.remove', next: ['failed', 'cleaning-waiting'] },
  'cleaning-waiting': { step: 'wait', next: ['cleaning'] },
  ready: { step: 'end', next: [] },
  failed: { step: 'end', next: [] },
};
