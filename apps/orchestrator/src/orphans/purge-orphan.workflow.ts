import {
  ClusterPurge,
  ClusterReferences,
  type ErrorDetail,
  OrphanExamined,
  OrphanPurged,
  OrphanPurgeFailed,
  type ReplyOf,
  type RestorePoint,
  SnapfleetError,
  VolumeDestroy,
  VolumeLocate,
} from '@snapfleet/contracts';
import type {
  Operation,
  RestorePoints,
  Step,
  StepOutcome,
  Transition,
  Workflow,
  WorkflowContext,
} from '../operations/operation.js';
import { aboutRestorePoint } from '../workflow/restore-point-view.js';
import { purgeTargetOf } from './purge-target.js';
import type { PurgeOptions, PurgeState } from './purge-orphan.state.js';
import { awaitsVerification, standingOf } from './standing.js';

type In<Phase extends PurgeState['phase']> = Extract<PurgeState, { phase: Phase }>;
type Failed = Exclude<StepOutcome, { kind: 'done' }>;

const second = 1000;
const answerMs = 60 * second;
const removeDeadlineSeconds = 120;
const mostProofs = 5;

/** `orphan.purge`: every step looks again, and the first that finds a reason to keep the orphan ends it. */
export class PurgeOrphanWorkflow implements Workflow<PurgeState> {
  readonly kind = 'purge';

  cancellable(): boolean {
    return false;
  }

  step(state: PurgeState, _operation: Operation, [point]: RestorePoints): Step {
    if (state.phase === 'ended') return { kind: 'end' };
    const { orphan, dryRun, releaseFinalizers } = state;
    if (state.phase === 'confirming') {
      const data = { volumeHandle: state.volumeHandle };
      return { kind: 'call', definition: VolumeLocate, data, deadlineMs: answerMs };
    }
    const target = purgeTargetOf(orphan);
    if (target.kind === 'thin-volume') {
      const { volumeHandle, lvUuid } = target;
      if (state.phase === 'proving') {
        return {
          kind: 'call',
          definition: ClusterReferences,
          data: { volumeHandles: [volumeHandle] },
          deadlineMs: answerMs,
        };
      }
      const data = { volumeHandle, lvUuid, provenAt: state.provenAt, dryRun };
      return { kind: 'call', definition: VolumeDestroy, data, deadlineMs: 2 * answerMs };
    }
    const data = {
      ...aboutRestorePoint(point),
      target,
      dryRun: state.phase === 'proving',
      releaseFinalizers,
      deadlineSeconds: removeDeadlineSeconds,
    };
    return { kind: 'call', definition: ClusterPurge, data, deadlineMs: removeDeadlineSeconds * second + answerMs };
  }

  next(state: PurgeState, outcome: StepOutcome, context: WorkflowContext): Transition<PurgeState> {
    switch (state.phase) {
      case 'ended':
        return goOn(state);
      case 'proving':
        return outcome.kind === 'done' ? afterProof(state, outcome.result, context) : fail(state, outcome, context);
      case 'removing':
        return outcome.kind === 'done'
          ? afterRemoval(state, outcome.result, context)
          : afterRefusal(state, outcome, context);
      case 'confirming':
        return afterConfirmation(state, outcome, context);
    }
  }
}

function optionsOf({ orphan, dryRun, releaseFinalizers, cause, attempt }: PurgeOptions): PurgeOptions {
  return { orphan, dryRun, releaseFinalizers, cause, attempt };
}

function afterProof(state: In<'proving'>, result: unknown, context: WorkflowContext): Transition<PurgeState> {
  const wanted = whyWanted(state.orphan, context.restorePoints[0]);
  if (wanted !== undefined) return refuse(state, wanted, [], context);
  const options = optionsOf(state);
  if (state.orphan.kind !== 'thin-volume') {
    const { proof } = result as ReplyOf<typeof ClusterPurge>;
    if (state.dryRun) return examined(state, proof, context);
    const provenAt = context.now.toISOString();
    return goOn({ phase: 'removing', ...options, proof, provenAt });
  }
  const { unreferenced, references, read, readAt } = result as ReplyOf<typeof ClusterReferences>;
  const handle = state.orphan.volumeHandle;
  if (handle === undefined || !unreferenced.includes(handle)) {
    const by = references.flatMap((reference) => reference.by).join('; ');
    return refuse(state, `it is referred to: ${by}`, [], context);
  }
  const all = `${String(read.logicalVolumes)} LogicalVolumes, ${String(read.volumeSnapshotContents)} VolumeSnapshotContents and ${String(read.persistentVolumes)} PersistentVolumes`;
  const proof = [`at ${readAt} none of ${all} names ${handle}`];
  return goOn({ phase: 'removing', ...options, proof, provenAt: readAt });
}

function afterRemoval(state: In<'removing'>, result: unknown, context: WorkflowContext): Transition<PurgeState> {
  const reply = result as ReplyOf<typeof ClusterPurge> | ReplyOf<typeof VolumeDestroy>;
  const proof = [...new Set([...state.proof, ...reply.proof])];
  if (state.dryRun) return examined(state, proof, context);
  const { orphan } = state;
  const handle = ('volumeHandle' in reply ? reply.volumeHandle : undefined) ?? orphan.volumeHandle;
  if (handle === undefined) return purged(state, proof, false, context);
  return goOn({ phase: 'confirming', ...optionsOf(state), proof, volumeHandle: handle });
}

/** The proof may have become old while LVM was busy, or while the service was down. */
function afterRefusal(state: In<'removing'>, outcome: Failed, context: WorkflowContext): Transition<PurgeState> {
  const again = outcome.kind === 'failed' && outcome.error.code === 'proof_expired' && state.attempt < mostProofs;
  if (again) return goOn({ phase: 'proving', ...optionsOf(state), attempt: state.attempt + 1 });
  return fail(state, outcome, context, state.proof);
}

/** That the pool has its space back is told only where LVM says that the logical volume is gone. */
function afterConfirmation(
  state: In<'confirming'>,
  outcome: StepOutcome,
  context: WorkflowContext,
): Transition<PurgeState> {
  const { volumeHandle: handle, proof } = state;
  if (outcome.kind === 'failed' && outcome.error.code === 'volume_not_found') {
    return purged(state, [...proof, `lvs reports no logical volume ${handle}`], true, context);
  }
  const why =
    outcome.kind === 'failed'
      ? `host-lvm could not tell whether ${handle} is gone: ${outcome.error.message}`
      : `lvs still reports ${handle}`;
  return purged(state, [...proof, why], false, context);
}

/** The journal is asked as well: what it counts on by now stays. */
function whyWanted({ kind, restorePointId }: PurgeOptions['orphan'], point: RestorePoint): string | undefined {
  if (restorePointId !== point.restorePointId) return 'it is of another restore point';
  const standing = standingOf(point);
  if (standing.kind === 'given-up') return undefined;
  if (kind === 'pod') return undefined;
  if (kind === 'scratch-claim') {
    return awaitsVerification(point) ? `a verification of restore point ${restorePointId} is under way` : undefined;
  }
  return `restore point ${restorePointId} is ${point.phase}`;
}

const goOn = (state: PurgeState): Transition<PurgeState> => ({ state, events: [], restorePoints: [] });

const aboutOrphan = ({ orphan }: PurgeOptions, point: RestorePoint) => ({
  ...aboutRestorePoint(point),
  orphanId: orphan.orphanId,
  kind: orphan.kind,
  name: orphan.name,
});

const cutProof = (proof: readonly string[]): string[] => proof.slice(0, 32).map((text) => text.slice(0, 512));

function examined(options: PurgeOptions, proof: readonly string[], context: WorkflowContext): Transition<PurgeState> {
  const data = { ...aboutOrphan(options, context.restorePoints[0]), proof: cutProof(proof) };
  const events = [{ definition: OrphanExamined, data }];
  return { state: { phase: 'ended' }, events, restorePoints: [] };
}

function purged(
  options: PurgeOptions,
  proof: readonly string[],
  freed: boolean,
  { restorePoints: [point] }: WorkflowContext,
): Transition<PurgeState> {
  const { orphan, cause } = options;
  const size = freed && orphan.sizeBytes !== undefined ? { freedBytes: orphan.sizeBytes } : {};
  const data = { ...aboutOrphan(options, point), proof: cutProof(proof), cause, freed, ...size };
  return {
    state: { phase: 'ended' },
    events: [{ definition: OrphanPurged, data }],
    restorePoints: withoutPurgedSnapshot(point, orphan.volumeSnapshotUid),
    purgedOrphan: orphan.orphanId,
  };
}

/** A deleted restore point remembers the snapshot that Retain has kept, so that it can be purged: now it is. */
function withoutPurgedSnapshot(point: RestorePoint, volumeSnapshotUid: string | undefined): RestorePoint[] {
  const { snapshot, ...rest } = point;
  return point.phase === 'deleted' && snapshot?.volumeSnapshotUid === volumeSnapshotUid ? [rest] : [];
}

function fail(
  options: PurgeOptions,
  outcome: Failed,
  { restorePoints: [point] }: WorkflowContext,
  proof: readonly string[] = [],
): Transition<PurgeState> {
  const error: ErrorDetail =
    outcome.kind === 'failed' ? outcome.error : new SnapfleetError('cancelled', 'the purge was cancelled').toDetail();
  const data = { ...aboutOrphan(options, point), proof: cutProof(proof), error };
  return { state: { phase: 'ended', error }, events: [{ definition: OrphanPurgeFailed, data }], restorePoints: [] };
}

function refuse(
  options: PurgeOptions,
  why: string,
  proof: readonly string[],
  context: WorkflowContext,
): Transition<PurgeState> {
  const error = new SnapfleetError('orphan_not_purgeable', `${options.orphan.name} must stay: ${why}`).toDetail();
  return fail(options, { kind: 'failed', error }, context, proof);
}
