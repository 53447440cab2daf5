import { SnapfleetError } from '@snapfleet/contracts';
import type { ModelStep } from './model-step.js';
import { superseded } from './model-workload.js';
import type { Random } from './random.js';
import type { VirtualTime } from './virtual-time.js';

interface ModelSnapshot {
  readonly uid: string;
  readonly readyAt: number;
  /** Whether a process could write when it was cut; undefined until it is cut. */
  cutWhileWritten: boolean | undefined;
}

/** The VolumeSnapshots of a device, as the cluster operator makes and removes them. */
export class ModelSnapshots {
  private readonly snapshots = new Map<string, ModelSnapshot>();
  /** Of each claim. */
  private readonly fences = new Map<unknown, number>();
  private made = 0;

  constructor(
    private readonly time: VirtualTime,
    private readonly random: Random,
    private readonly template: Readonly<Record<string, unknown>>,
    private readonly isWritten: () => boolean,
    private readonly unfenced: boolean,
  ) {}

  get(restorePointId: string): ModelSnapshot | undefined {
    return this.snapshots.get(restorePointId);
  }

  /** The uids of those that are ready. */
  get ready(): readonly string[] {
    const ready = [...this.snapshots.values()].filter(({ readyAt }) => readyAt <= this.time.elapsedMs);
    return ready.map(({ uid }) => uid);
  }

  *take(restorePointId: string, fencingToken: number, claim: unknown): ModelStep {
    const isLate = (): boolean => fencingToken <= (this.fences.get(claim) ?? 0) && !this.unfenced;
    const noted = isLate();
    yield 5;
    let snapshot = this.snapshots.get(restorePointId);
    const made = snapshot === undefined;
    if (snapshot === undefined) {
      if (noted) throw superseded();
      snapshot = this.make(restorePointId);
    }
    yield 5;
    if (isLate()) {
      // One that was found is removed only where its own operation has removed it before: it may be good by now.
      if (!made && this.fences.get(claim) !== fencingToken) throw superseded();
      return this.removeFailed(restorePointId, superseded());
    }
    yield Math.max(1, snapshot.readyAt - this.time.elapsedMs);
    if (this.snapshots.get(restorePointId) !== snapshot)
      throw new SnapfleetError('snapshot_not_ready', 'deleted by somebody else');
    if (snapshot.readyAt > this.time.elapsedMs)
      return this.removeFailed(restorePointId, new SnapfleetError('snapshot_not_ready', 'not ready in time'));
    return { ...this.template, volumeSnapshotUid: snapshot.uid };
  }

  *remove(restorePointId: string, fencingToken: number, claim: unknown): ModelStep {
    yield 5;
    this.fences.set(claim, Math.max(fencingToken, this.fences.get(claim) ?? 0));
    yield 5;
    this.snapshots.delete(restorePointId);
    yield this.random.between(10, 5000);
    return { freed: !this.snapshots.has(restorePointId) };
  }

  private removeFailed(restorePointId: string, error: SnapfleetError): never {
    this.snapshots.delete(restorePointId);
    throw error;
  }

  private make(restorePointId: string): ModelSnapshot {
    const uid = `00000000-0000-4000-8000-${String((this.made += 1)).padStart(12, '0')}`;
    const cutMs = this.random.between(5, 2000);
    const longestMs = this.random.happens(0.5) ? 2000 : 30_000;
    const snapshot: ModelSnapshot = {
      uid,
      readyAt: this.time.elapsedMs + cutMs + this.random.between(1, longestMs),
      cutWhileWritten: undefined,
    };
    this.snapshots.set(restorePointId, snapshot);
    this.time.after(cutMs, () => {
      snapshot.cutWhileWritten = this.isWritten();
    });
    return snapshot;
  }
}
