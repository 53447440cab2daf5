import { join } from 'node:path';
import { type ManifestSummary, type ReadySnapshot, SnapfleetError } from '@snapfleet/contracts';
import {
  type AgentCaller,
  errorOf,
  type EventSink,
  type ExposedVolume,
  type ExposureContext,
  giveBackLease,
  type Mover,
  moverOf,
  type Movers,
  OneAtATime,
  type Scratch,
  type StoredBackup,
  type VolumeScan,
  withExposedVolume,
} from '@snapfleet/movers';
import { BackupAnnouncer, type Progress } from './backup-announcer.js';
import { ProgressReporter } from './progress-reporter.js';

/** Which movers are to back up which snapshot, by the message of this id. */
export interface BackupOrder {
  readonly ready: ReadySnapshot;
  readonly movers: readonly string[];
  readonly messageId: string;
}

/** One attempt at an order. */
export interface Attempt {
  readonly signal: AbortSignal;
  readonly lastAttempt: boolean;
}

export interface BackupParts {
  readonly movers: Movers;
  readonly agent: AgentCaller;
  readonly events: EventSink;
  readonly scratch: Pick<Scratch, 'use'>;
  readonly scan: (scan: VolumeScan) => Promise<ManifestSummary>;
  readonly warn: (event: string, fields: Record<string, unknown>) => void;
  readonly nowMs: () => number;
}

/** What a mover is given of the volume and its manifest. */
type MoveRequest = Omit<
  Parameters<Mover['backup']>[0],
  'restorePointId' | 'namespace' | 'persistentVolumeClaim' | 'volumeMode' | 'onProgress'
>;

/** An order while it is carried out: what is still to be done, and what went wrong but may go better later. */
interface Work {
  readonly order: BackupOrder;
  readonly attempt: Attempt;
  readonly announcer: BackupAnnouncer;
  readonly again: SnapfleetError[];
}

/**
 * Backs up a snapshot with each mover of an order. A backup that is at its destination is only announced again. An error
 * that may pass is thrown at the end, when the other movers have had their turn, so that the order is delivered again;
 * any other, and every error of the last attempt, is told by `backup.failed`, but none of an attempt that was stopped.
 */
export class BackUpRestorePoint {
  private readonly queue = new OneAtATime();

  constructor(private readonly parts: BackupParts) {}

  async run(order: BackupOrder, attempt: Attempt): Promise<void> {
    const announcer = new BackupAnnouncer(this.parts.events, order.ready, order.messageId);
    const work: Work = { order, attempt, announcer, again: [] };
    await this.queue
      .run(attempt.signal, async () => {
        const missing = await this.announceFinished(work);
        if (missing.length > 0) await this.backUpWith(missing, work);
        else await this.giveBackFormerLease(order.ready);
      })
      .catch((thrown: unknown) => {
        throw errorOf(thrown, attempt.signal);
      });
    const [error] = work.again;
    if (error !== undefined) throw error;
  }

  /** Tells that an order ended without a word on its backups: its message was given up, for this reason. */
  async abandon(order: BackupOrder, reason: SnapfleetError): Promise<void> {
    const announcer = new BackupAnnouncer(this.parts.events, order.ready, order.messageId);
    for (const mover of order.movers) await announcer.failed(mover, reason);
    await this.giveBackFormerLease(order.ready);
  }

  /** An attempt that was killed after it had told its last backup has left its lease, and nobody reads by it any more. */
  private async giveBackFormerLease(ready: ReadySnapshot): Promise<void> {
    await giveBackLease(this.leaseContext(ready), leaseKeyOf(ready));
  }

  /** Returns the movers whose backup is not there yet. */
  private async announceFinished(work: Work): Promise<Mover[]> {
    const missing: Mover[] = [];
    for (const name of work.order.movers) {
      const found = await this.attempted(name, work, async () => {
        const mover = moverOf(this.parts.movers, name);
        const stored = await mover.find(work.order.ready);
        if (stored === undefined) missing.push(mover);
        return stored;
      });
      if (found !== undefined) await work.announcer.completed(name, found);
    }
    return missing;
  }

  /** Reads the snapshot once, for all of these movers. What keeps it from being read is an error of each of them. */
  private async backUpWith(movers: readonly Mover[], work: Work): Promise<void> {
    const left = new Set(movers);
    try {
      for (const { name } of movers) await work.announcer.started(name);
      await this.parts.scratch.use((directory) =>
        this.withSnapshot(work, async (volume, signal) => {
          const manifestFile = join(directory, 'manifest.jsonl');
          const manifest = await this.scanSnapshot(movers, volume, manifestFile, work, signal);
          for (const mover of movers) {
            const { path: source, cleanLog, confirmIntact: confirmSource, reading } = volume;
            const request = { source, manifestFile, manifest, cleanLog, confirmSource, signal };
            const stored = await this.attempted(mover.name, work, () => reading(() => this.move(mover, work, request)));
            left.delete(mover);
            if (stored !== undefined) await work.announcer.completed(mover.name, stored);
          }
        }),
      );
    } catch (thrown) {
      if (left.size === 0) throw thrown;
      for (const { name } of left)
        await this.attempted(name, work, () => Promise.reject(errorOf(thrown, work.attempt.signal)));
    }
  }

  private async withSnapshot<T>(
    { order: { ready }, attempt }: Work,
    read: (volume: ExposedVolume, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const exposure = {
      volumeHandle: ready.snapshot.snapshotHandle,
      volumeMode: ready.claim.volumeMode,
      leaseKey: leaseKeyOf(ready),
    };
    return await withExposedVolume({ ...this.leaseContext(ready), signal: attempt.signal }, exposure, read);
  }

  private leaseContext({ restorePointId }: ReadySnapshot): Omit<ExposureContext, 'signal'> {
    return {
      agent: this.parts.agent,
      onConcealFailed: (error) => {
        this.parts.warn('lease.not-given-back', { restorePointId, error: SnapfleetError.from(error).toDetail() });
      },
    };
  }

  private async scanSnapshot(
    movers: readonly Mover[],
    volume: ExposedVolume,
    manifestFile: string,
    { order: { ready }, announcer }: Work,
    signal: AbortSignal,
  ): Promise<ManifestSummary> {
    const reporters = movers.map(({ name }) => ({ name, reporter: this.reporter(announcer) }));
    const manifest = await this.parts.scan({
      path: volume.path,
      volumeMode: ready.claim.volumeMode,
      manifestFile,
      signal,
      onProgress: (progress) => {
        for (const { name, reporter } of reporters) reporter.report({ mover: name, step: 'reading', ...progress });
      },
    });
    await volume.confirmIntact();
    if (manifest.files === 0 && !ready.allowEmpty)
      throw new SnapfleetError(
        'empty_volume',
        `The snapshot of ${ready.namespace}/${ready.persistentVolumeClaim} holds no file`,
      );
    return manifest;
  }

  private async move(mover: Mover, { order: { ready }, announcer }: Work, request: MoveRequest): Promise<StoredBackup> {
    const reporter = this.reporter(announcer);
    const { restorePointId, namespace, persistentVolumeClaim } = ready;
    const total = request.manifest;
    return await mover.backup({
      ...request,
      restorePointId,
      namespace,
      persistentVolumeClaim,
      volumeMode: ready.claim.volumeMode,
      onProgress: (progress) => {
        reporter.report({ mover: mover.name, step: 'moving', ...progress, total });
      },
    });
  }

  private reporter(announcer: BackupAnnouncer): ProgressReporter {
    return new ProgressReporter((progress: Progress) => announcer.progress(progress), this.parts.nowMs);
  }

  /** Undefined when it failed: the failure is then announced, or kept for another attempt. */
  private async attempted<T>(mover: string, work: Work, act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (thrown) {
      const { signal, lastAttempt } = work.attempt;
      const error = errorOf(thrown, signal);
      const { restorePointId } = work.order.ready;
      this.parts.warn('backup.attempt-failed', { mover, restorePointId, error: error.toDetail() });
      // What fails while the service stops says nothing of the backup, be it the last attempt.
      if (signal.aborted || (error.retryable && !lastAttempt)) work.again.push(error);
      else await work.announcer.failed(mover, error);
      return undefined;
    }
  }
}

/** Of each restore point one: the next attempt takes over what a killed one had. */
const leaseKeyOf = ({ restorePointId }: ReadySnapshot): string => `backup-${restorePointId}`;
