import { SnapfleetError } from '@snapfleet/contracts';
import { ModelGuard } from './model-guard.js';
import type { Random } from './random.js';
import type { VirtualTime } from './virtual-time.js';

/** A step of the cluster operator: it yields the milliseconds until its next request to the API server. */
export type ModelStep = Generator<number, unknown, void>;

interface ModelWorkload {
  replicas: number;
  mark: { readonly operationId: string; readonly replicas: number } | undefined;
  resumed: readonly string[];
  version: number;
  /** Its Pods are gone from then on, while it has no replicas. */
  drainedAt: number;
}

interface ModelSnapshot {
  readonly uid: string;
  readonly readyAt: number;
  /** Whether a Pod could write when it was cut; undefined until it is cut. */
  cutWhileWritten: boolean | undefined;
}

/** A kind of Snapshot that a reply can be made of. */
export interface ModelTemplates {
  readonly claim: unknown;
  readonly snapshot: Readonly<Record<string, unknown>>;
}

export const originalReplicas = 2;
/** What the guard needs at most from the end of the time to the scale. */
const bringBackMs = 1000;

/**
 * Workload, claims and snapshots of a device, with the rules by which the cluster operator changes them: the notes that
 * fence late commands, marks before scales, and every write only on the version that was read.
 */
export class ModelDevice {
  readonly workload: ModelWorkload = {
    replicas: originalReplicas,
    mark: undefined,
    resumed: [],
    version: 1,
    drainedAt: 0,
  };
  readonly snapshots = new Map<string, ModelSnapshot>();
  readonly guard: ModelGuard;
  /** How often the workload was away for longer than it may be. */
  overdue = 0;
  private readonly removed = new Set<string>();
  private dueMs = Infinity;
  private snapshotsMade = 0;

  constructor(
    private readonly time: VirtualTime,
    private readonly random: Random,
    private readonly templates: ModelTemplates,
    /** Leaves out the notes that fence late commands, to prove that the simulation finds what they are for. */
    private readonly unfenced = false,
  ) {
    this.guard = new ModelGuard(time, random, {
      bringBack: (operationId) => this.putBack(operationId),
      readySnapshots: () => this.readySnapshots(),
    });
  }

  /** The step of a command. */
  step(name: string, data: Readonly<Record<string, unknown>>): ModelStep {
    const operationId = idOf(data);
    switch (name) {
      case 'claim.preflight':
        return this.preflight();
      case 'workload.quiesce':
        return this.armedQuiesce(operationId, Number(data['maximumDowntimeSeconds']));
      case 'workload.resume':
        return this.resume(operationId);
      case 'snapshot.take':
        return this.take(operationId);
      case 'snapshot.remove':
        return this.remove(operationId);
      default:
        throw new Error(`the model has no ${name}`);
    }
  }

  private *preflight(): ModelStep {
    yield 5;
    const { replicas, mark } = this.workload;
    const workload = { kind: 'Deployment', name: 'orders', uid: 'd3b0a7de-9a6c-4a27-8ad3-1f2c9b1f7a11' };
    return {
      passed: true,
      claim: this.templates.claim,
      volumeSnapshotClassName: 'c',
      deletionPolicy: 'Delete',
      workload: { ...workload, replicas: replicas === 0 && mark !== undefined ? mark.replicas : replicas },
    };
  }

  private *armedQuiesce(operationId: string, maximumDowntimeSeconds: number): ModelStep {
    if (!this.unfenced) this.guard.arm(operationId, maximumDowntimeSeconds);
    return yield* this.quiesce(operationId, maximumDowntimeSeconds * 1000 + bringBackMs);
  }

  private *quiesce(operationId: string, mostMs: number): ModelStep {
    while (this.workload.replicas !== 0 || this.workload.mark?.operationId !== operationId) {
      const { replicas, mark, resumed, version } = this.workload;
      yield 5;
      if (resumed.includes(operationId) && !this.unfenced) throw superseded();
      if (replicas === 0) {
        if (mark === undefined || mark.operationId === operationId) break;
        throw new SnapfleetError('workload_conflict', 'held by another operation');
      }
      if (version !== this.workload.version) continue;
      this.change({ mark: { operationId, replicas } });
      const marked = this.workload.version;
      yield 5;
      if (marked === this.workload.version) this.scaleToZero(mostMs);
    }
    yield Math.max(1, this.workload.drainedAt - this.time.elapsedMs);
    if (this.workload.replicas !== 0) throw new SnapfleetError('workload_conflict', 'scaled by somebody else');
    return { quiescedAt: this.time.now().toISOString() };
  }

  private *resume(operationId: string): ModelStep {
    yield* this.putBack(operationId);
    yield 5;
    const replicas = this.workload.replicas;
    return { resumedAt: this.time.now().toISOString(), replicas, ...this.guard.disarm(operationId) };
  }

  private *putBack(operationId: string): Generator<number, void, void> {
    for (;;) {
      let seen = { ...this.workload };
      yield 5;
      if (seen.version !== this.workload.version) continue;
      if (!seen.resumed.includes(operationId)) this.change({ resumed: [...seen.resumed, operationId] });
      seen = { ...this.workload };
      yield 5;
      if (seen.mark?.operationId !== operationId) break;
      if (seen.version !== this.workload.version) continue;
      if (seen.replicas === 0) this.scale(seen.mark.replicas);
      const { version } = this.workload;
      yield 5;
      if (version !== this.workload.version) continue;
      this.change({ mark: undefined });
      break;
    }
  }

  private readySnapshots(): readonly string[] {
    const ready = [...this.snapshots.values()].filter(({ readyAt }) => readyAt <= this.time.elapsedMs);
    return ready.map(({ uid }) => uid);
  }

  private *take(restorePointId: string): ModelStep {
    const noted = this.removed.has(restorePointId) && !this.unfenced;
    yield 5;
    let snapshot = this.snapshots.get(restorePointId);
    if (snapshot === undefined) {
      if (noted) throw superseded();
      snapshot = this.makeSnapshot(restorePointId);
    }
    yield 5;
    if (this.removed.has(restorePointId) && !this.unfenced) return this.removeFailed(restorePointId, superseded());
    yield Math.max(1, snapshot.readyAt - this.time.elapsedMs);
    if (this.snapshots.get(restorePointId) !== snapshot)
      throw new SnapfleetError('snapshot_not_ready', 'deleted by somebody else');
    if (snapshot.readyAt > this.time.elapsedMs)
      return this.removeFailed(restorePointId, new SnapfleetError('snapshot_not_ready', 'not ready in time'));
    return { ...this.templates.snapshot, volumeSnapshotUid: snapshot.uid };
  }

  private *remove(restorePointId: string): ModelStep {
    yield 5;
    this.removed.add(restorePointId);
    yield 5;
    this.snapshots.delete(restorePointId);
    yield this.random.between(10, 5000);
    return { freed: !this.snapshots.has(restorePointId) };
  }

  private removeFailed(restorePointId: string, error: SnapfleetError): never {
    this.snapshots.delete(restorePointId);
    throw error;
  }

  private makeSnapshot(restorePointId: string): ModelSnapshot {
    const uid = `00000000-0000-4000-8000-${String((this.snapshotsMade += 1)).padStart(12, '0')}`;
    const cutMs = this.random.between(5, 2000);
    const made: ModelSnapshot = {
      uid,
      readyAt: this.time.elapsedMs + cutMs + this.random.between(1, 30_000),
      cutWhileWritten: undefined,
    };
    this.snapshots.set(restorePointId, made);
    this.time.after(cutMs, () => {
      made.cutWhileWritten = this.workload.replicas > 0 || this.time.elapsedMs < this.workload.drainedAt;
    });
    return made;
  }

  private change(fields: Partial<ModelWorkload>): void {
    Object.assign(this.workload, fields, { version: this.workload.version + 1 });
  }

  private scaleToZero(mostMs: number): void {
    this.scale(0);
    this.dueMs = this.time.elapsedMs + mostMs;
  }

  private scale(replicas: number): void {
    if (replicas > 0 && this.workload.replicas === 0 && this.time.elapsedMs > this.dueMs) this.overdue += 1;
    this.change({ replicas, drainedAt: this.time.elapsedMs + this.random.between(10, 20_000) });
  }
}

/** The operation, or the restore point, which has the same id where it is made. */
export const idOf = ({ operationId, restorePointId }: Readonly<Record<string, unknown>>): string => {
  if (typeof operationId === 'string') return operationId;
  return typeof restorePointId === 'string' ? restorePointId : '';
};

const superseded = (): SnapfleetError => new SnapfleetError('operation_superseded', 'undone already');
