import {
  type Assertion,
  deterministicUuid,
  ObjectName,
  OperationId,
  type ReadySnapshot,
  type ReplyOf,
  SnapfleetError,
  type VolumeHandle,
  VolumeRemove,
  VolumeRestore,
} from '@snapfleet/contracts';
import type { AgentCaller } from '@snapfleet/movers';

/** A claim into which a snapshot is restored to be looked at, and which is removed afterwards. */
export interface ScratchClaim {
  readonly operationId: OperationId;
  readonly targetClaim: ObjectName;
}

/** Names are made of the message, so that a redelivered one finds and removes what an interrupted attempt left. */
export function scratchClaimFor(purpose: 'compare' | 'assert', ready: ReadySnapshot, messageId: string): ScratchClaim {
  const operationId = OperationId.parse(deterministicUuid('verify', purpose, ready.restorePointId, messageId));
  return { operationId, targetClaim: ObjectName.parse(`snapfleet-verify-${operationId.slice(0, 8)}`) };
}

export interface ScratchContext {
  readonly agent: AgentCaller;
  readonly signal: AbortSignal;
  /** What was found out is then kept, even if the claim cannot be removed. */
  readonly lastAttempt: boolean;
  readonly restoreDeadlineSeconds: number;
  readonly warn: (event: string, fields: Record<string, unknown>) => void;
}

const answerMs = 30_000;
const removeDeadlineSeconds = 300;

/**
 * Restores a snapshot into a scratch claim, with a Pod that runs the assertion where there is one, lets the work look
 * at it, and removes it in every case.
 * @throws whatever the work throws, or what kept the claim from being removed
 */
export async function withScratchClaim<T>(
  context: ScratchContext,
  claim: ScratchClaim,
  ready: ReadySnapshot,
  assertion: Assertion | undefined,
  work: (restored: ReplyOf<typeof VolumeRestore>) => Promise<T>,
): Promise<T> {
  const warn = (error: unknown): void => {
    context.warn('scratch-claim.not-removed', { ...claim, error: SnapfleetError.from(error).toDetail() });
  };
  let result: T;
  try {
    result = await work(await restore(context, claim, ready, assertion));
  } catch (thrown) {
    await remove(context, claim, ready).catch(warn);
    throw thrown;
  }
  await remove(context, claim, ready).catch((error: unknown) => {
    if (!context.lastAttempt && SnapfleetError.from(error).retryable) throw error;
    warn(error);
  });
  return result;
}

async function restore(
  { agent, signal, restoreDeadlineSeconds }: ScratchContext,
  claim: ScratchClaim,
  ready: ReadySnapshot,
  assertion: Assertion | undefined,
): Promise<ReplyOf<typeof VolumeRestore>> {
  const deadlineSeconds = restoreDeadlineSeconds + (assertion?.timeoutSeconds ?? 0);
  const { restorePointId, namespace, persistentVolumeClaim, snapshot } = ready;
  const restored = await agent.call(
    VolumeRestore,
    {
      ...claim,
      restorePointId,
      namespace,
      persistentVolumeClaim,
      purpose: 'scratch',
      claim: ready.claim,
      snapshot,
      deadlineSeconds,
      ...(assertion === undefined ? {} : { assertion }),
    },
    { deadlineMs: deadlineSeconds * 1000 + answerMs, signal },
  );
  expectVolumeOfItsOwn(restored.volumeHandle, ready);
  return restored;
}

/** Whoever reads the snapshot or its source twice finds no difference, and has proven nothing. */
function expectVolumeOfItsOwn(volumeHandle: VolumeHandle, { snapshot, claim }: ReadySnapshot): void {
  if (volumeHandle !== snapshot.snapshotHandle && volumeHandle !== claim.volumeHandle) return;
  const which = volumeHandle === claim.volumeHandle ? 'the source of the snapshot' : 'the snapshot itself';
  throw new SnapfleetError('verification_failed', `What was called restored is ${which}: volume ${volumeHandle}`);
}

// Without the signal: what was made is removed also while the service stops.
async function remove({ agent }: ScratchContext, claim: ScratchClaim, { namespace }: ReadySnapshot): Promise<void> {
  await agent.call(
    VolumeRemove,
    { ...claim, namespace, deadlineSeconds: removeDeadlineSeconds },
    { deadlineMs: removeDeadlineSeconds * 1000 + answerMs },
  );
}
