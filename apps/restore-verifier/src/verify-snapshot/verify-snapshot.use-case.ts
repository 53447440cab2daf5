import { join } from 'node:path';
import {
  type Assertion,
  type ManifestSummary,
  type ReadySnapshot,
  SnapfleetError,
  type VolumeHandle,
} from '@snapfleet/contracts';
import { type AgentCaller, type Comparison, type Scratch, type VolumeScan, withExposedVolume } from '@snapfleet/movers';
import { type Verdict, verdictOf } from '../verdict/verdict.js';
import type { Attempt, Subject, Verification } from '../verdict/verification.js';
import { type ScratchContext, scratchClaimFor, withScratchClaim } from './scratch-claim.js';

/** Which snapshot is to be proven, by the message of this id. */
export interface SnapshotOrder {
  readonly ready: ReadySnapshot;
  readonly assertion: Assertion | undefined;
  readonly messageId: string;
}

export interface VerifySnapshotParts {
  readonly verification: Verification;
  readonly agent: AgentCaller;
  readonly scratch: Pick<Scratch, 'use'>;
  readonly scan: (scan: VolumeScan) => Promise<ManifestSummary>;
  readonly compare: (expectedFile: string, actualFile: string) => Promise<Comparison>;
  readonly restoreDeadlineSeconds: number;
  readonly warn: ScratchContext['warn'];
}

interface Reading {
  readonly summary: ManifestSummary;
  readonly cleanLog: boolean;
}

function subjectOf({ ready, messageId }: SnapshotOrder): Subject {
  const { restorePointId, namespace, persistentVolumeClaim } = ready;
  return { restorePointId, namespace, persistentVolumeClaim, level: 'snapshot', messageId };
}

/**
 * Proves that a snapshot restores: reads it, restores it into a scratch claim, reads that, compares. An assertion runs
 * in a second restore, because a program that opens its data changes them.
 */
export class VerifySnapshot {
  constructor(private readonly parts: VerifySnapshotParts) {}

  async run(order: SnapshotOrder, attempt: Attempt): Promise<void> {
    await this.parts.verification.run(subjectOf(order), attempt, async () => {
      const compared = await this.compare(order, attempt);
      if (compared.kind === 'failed' || order.assertion === undefined) return compared;
      await this.assert(order, order.assertion, attempt);
      return { ...compared, assertion: { exitCode: 0 } };
    });
  }

  /** Tells that the order ended without a verdict: its message was given up, for this reason. */
  async abandon(order: SnapshotOrder, reason: SnapfleetError): Promise<void> {
    await this.parts.verification.abandon(subjectOf(order), reason);
  }

  private async compare({ ready, messageId }: SnapshotOrder, attempt: Attempt): Promise<Verdict> {
    const { signal } = attempt;
    const claim = scratchClaimFor('compare', ready, messageId);
    return await this.parts.scratch.use(async (directory) => {
      const savedFile = join(directory, 'saved.jsonl');
      const restoredFile = join(directory, 'restored.jsonl');
      const leaseKey = `verify-saved-${claim.operationId}`;
      const saved = await this.read(ready, ready.snapshot.snapshotHandle, leaseKey, savedFile, signal);
      if (saved.summary.files === 0 && !ready.allowEmpty)
        throw new SnapfleetError('empty_volume', `The snapshot ${ready.snapshot.volumeSnapshotName} holds no file`);
      return await withScratchClaim(this.scratchContext(attempt), claim, ready, undefined, async ({ volumeHandle }) => {
        const restoredKey = `verify-restored-${claim.operationId}`;
        await this.read(ready, volumeHandle, restoredKey, restoredFile, signal);
        const note = saved.cleanLog
          ? ''
          : '. The snapshot was read without the log of its filesystem, so that it may show less than the restored volume';
        const verdict = verdictOf(await this.parts.compare(savedFile, restoredFile), note);
        return verdict.kind === 'verified' ? { ...verdict, cleanLog: saved.cleanLog } : verdict;
      });
    });
  }

  private async assert({ ready, messageId }: SnapshotOrder, assertion: Assertion, attempt: Attempt): Promise<void> {
    const claim = scratchClaimFor('assert', ready, messageId);
    const restored = await withScratchClaim(this.scratchContext(attempt), claim, ready, assertion, (reply) =>
      Promise.resolve(reply),
    );
    if (restored.assertion?.exitCode === 0) return;
    const [program] = assertion.command;
    const said =
      restored.assertion === undefined
        ? 'was not run'
        : `ended with exit code ${String(restored.assertion.exitCode)}: ${restored.assertion.message}`;
    throw new SnapfleetError('assertion_failed', `${program ?? 'The assertion'} ${said}`);
  }

  private async read(
    { claim: { volumeMode }, restorePointId }: ReadySnapshot,
    volumeHandle: VolumeHandle,
    leaseKey: string,
    manifestFile: string,
    signal: AbortSignal,
  ): Promise<Reading> {
    const onConcealFailed = (error: unknown): void => {
      const detail = SnapfleetError.from(error).toDetail();
      this.parts.warn('lease.not-given-back', { restorePointId, leaseKey, error: detail });
    };
    const context = { agent: this.parts.agent, signal, onConcealFailed };
    return await withExposedVolume(context, { volumeHandle, volumeMode, leaseKey }, async (volume, working) => {
      const summary = await this.parts.scan({ path: volume.path, volumeMode, manifestFile, signal: working });
      await volume.confirmIntact();
      return { summary, cleanLog: volume.cleanLog };
    });
  }

  private scratchContext({ signal, lastAttempt }: Attempt): ScratchContext {
    const { agent, restoreDeadlineSeconds, warn } = this.parts;
    return { agent, signal, lastAttempt, restoreDeadlineSeconds, warn };
  }
}
