import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupCompleted, type DataOf, type ManifestSummary, SnapfleetError } from '@snapfleet/contracts';
import { type Comparison, moverOf, type Movers, type Scratch, type VolumeScan } from '@snapfleet/movers';
import { otherManifest, type Verdict, verdictOf } from '../verdict/verdict.js';
import type { Attempt, Subject, Verification } from '../verdict/verification.js';

/** Which backup is to be proven, by the message of this id. */
export interface BackupOrder {
  readonly backup: DataOf<typeof BackupCompleted>;
  readonly messageId: string;
}

export interface VerifyBackupParts {
  readonly verification: Verification;
  readonly movers: Movers;
  readonly scratch: Pick<Scratch, 'use'>;
  readonly scan: (scan: VolumeScan) => Promise<ManifestSummary>;
  readonly compare: (expectedFile: string, actualFile: string) => Promise<Comparison>;
}

function subjectOf({ backup, messageId }: BackupOrder): Subject {
  const { restorePointId, namespace, persistentVolumeClaim } = backup;
  return { restorePointId, namespace, persistentVolumeClaim, level: 'backup', mover: backup.backup.mover, messageId };
}

/**
 * Proves that a backup restores: fetches it from its destination into a scratch directory and compares it with the
 * manifest that came with it, and that one with the digest that was announced when it was made.
 */
export class VerifyBackup {
  constructor(private readonly parts: VerifyBackupParts) {}

  async run(order: BackupOrder, attempt: Attempt): Promise<void> {
    await this.parts.verification.run(subjectOf(order), attempt, () => this.prove(order.backup, attempt.signal));
  }

  /** Tells that the order ended without a verdict: its message was given up, for this reason. */
  async abandon(order: BackupOrder, reason: SnapfleetError): Promise<void> {
    await this.parts.verification.abandon(subjectOf(order), reason);
  }

  private async prove(facts: DataOf<typeof BackupCompleted>, signal: AbortSignal): Promise<Verdict> {
    if (facts.manifest.files === 0 && !facts.allowEmpty)
      throw new SnapfleetError('empty_volume', 'The backup holds no file');
    const mover = moverOf(this.parts.movers, facts.backup.mover);
    return await this.parts.scratch.use(async (directory) => {
      const target = join(directory, 'restored');
      await mkdir(target, { mode: 0o700 });
      const restored = await mover.restore({ reference: facts.backup, target, signal });
      const actualFile = join(directory, 'actual.jsonl');
      await this.parts.scan({ path: restored.path, volumeMode: restored.volumeMode, manifestFile: actualFile, signal });
      const comparison = await this.parts.compare(restored.manifestFile, actualFile);
      const { expected } = comparison;
      if (expected.rootDigest !== facts.manifest.rootDigest) return otherManifest(facts.manifest, expected);
      return verdictOf(comparison);
    });
  }
}
