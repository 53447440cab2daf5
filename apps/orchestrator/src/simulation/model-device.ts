import { SnapfleetError } from '@snapfleet/contracts';
import { ModelOutsiders } from './model-outsiders.js';
import { ModelSnapshots } from './model-snapshots.js';
import type { ModelStep } from './model-step.js';
import { ModelWorkload } from './model-workload.js';
import { ModelWriters } from './model-writers.js';
import type { Random } from './random.js';
import type { VirtualTime } from './virtual-time.js';

type Data = Readonly<Record<string, unknown>>;

/** What a reply can be made of. */
export interface ModelTemplates {
  readonly claim: unknown;
  readonly snapshot: Data;
}

/** What is left out of the model, to prove that the simulation finds what it is for. */
export interface Weaknesses {
  /** The fencing tokens that fence late commands. */
  readonly unfenced?: boolean;
  /** The look after the cut for who used the claim. */
  readonly blind?: boolean;
}

interface Quiet {
  readonly endedPodUids: readonly string[];
  readonly workload?: { readonly generation: number };
}

const uid = 'd3b0a7de-9a6c-4a27-8ad3-1f2c9b1f7a11';

/** A workload with its claims, and what the services of the device do to them. */
export class ModelDevice {
  readonly workload: ModelWorkload;
  readonly writers: ModelWriters;
  readonly snapshots: ModelSnapshots;
  private readonly outsiders: ModelOutsiders;
  private readonly fenceAtBegin: number;

  constructor(
    time: VirtualTime,
    random: Random,
    private readonly templates: ModelTemplates,
    private readonly weak: Weaknesses,
    outsiders: number,
  ) {
    const { unfenced = false } = weak;
    this.outsiders = new ModelOutsiders(time, random, outsiders);
    // A journal that was lost counts from 1 again, and the cluster still holds what was noted before.
    this.fenceAtBegin = random.happens(0.2) ? random.between(1, 1000) : 0;
    const readySnapshots = (): readonly string[] => this.snapshots.ready;
    const parts = { random, unfenced, readySnapshots };
    this.workload = new ModelWorkload(time, { ...parts, outsiders: this.outsiders }, this.fenceAtBegin);
    this.writers = new ModelWriters(time, parts, this.fenceAtBegin);
    const isWritten = (): boolean => this.outsiders.write || (this.workload.runs && !this.writers.quiet);
    this.snapshots = new ModelSnapshots(time, random, templates.snapshot, isWritten, unfenced);
  }

  /** How many times a dead-man timer was faster than its operation. */
  get timersFired(): number {
    return this.workload.guard.fired + this.writers.guard.fired;
  }

  /** The step of a command. */
  step(name: string, data: Data): ModelStep {
    const id = idOf(data);
    const fencingToken = Number(data['fencingToken']);
    const claim = data['persistentVolumeClaim'];
    switch (name) {
      case 'claim.preflight':
        return this.preflight(data);
      case 'volume.survey':
        return survey();
      case 'workload.quiesce':
        return this.workload.quiesce(id, fencingToken, Number(data['maximumDowntimeSeconds']));
      case 'workload.resume':
        return this.workload.resume(id, fencingToken);
      case 'writers.freeze':
        return this.writers.freeze(id);
      case 'writers.thaw':
        return this.writers.thaw(id, data['freezeId']);
      case 'workload.run-hooks':
        return this.writers.runHooks(id, data);
      case 'snapshot.take':
        return this.take(id, fencingToken, data);
      case 'snapshot.remove':
        return this.snapshots.remove(id, fencingToken, claim);
      default:
        throw new Error(`the model has no ${name}`);
    }
  }

  private *take(id: string, fencingToken: number, data: Data): ModelStep {
    const snapshot = (yield* this.snapshots.take(id, fencingToken, data['persistentVolumeClaim'])) as Data;
    const quiet = data['quiet'] as Quiet | undefined;
    if (quiet === undefined) return snapshot;
    yield 5;
    return { ...snapshot, disturbances: this.weak.blind === true ? [] : this.disturbances(quiet, fencingToken) };
  }

  private disturbances({ endedPodUids, workload }: Quiet, fencingToken: number): string[] {
    const others = this.outsiders.suspects(endedPodUids);
    return workload === undefined
      ? others
      : [...others, ...this.workload.disturbances(workload.generation, fencingToken)];
  }

  private *preflight({ quiesce }: Data): ModelStep {
    yield 5;
    const { level } = quiesce as { level: string };
    if (level !== 'none' && this.outsiders.write)
      return { passed: false, findings: [new SnapfleetError('workload_conflict', 'used by another Pod').toDetail()] };
    const workload = { kind: 'Deployment', name: 'orders', uid, replicas: this.workload.replicasToSave };
    return {
      passed: true,
      claim: this.templates.claim,
      volumeSnapshotClassName: 'c',
      deletionPolicy: 'Delete',
      pods: level === 'frozen' || level === 'hooks' ? [{ name: 'orders-1', uid }] : [],
      endedPodUids: this.outsiders.endedPodUids,
      notices: [],
      ...(this.fenceAtBegin > 0 ? { fencingToken: this.fenceAtBegin } : {}),
      ...(level === 'cold' ? { workload } : {}),
    };
  }
}

/** A pool with room for everything. */
function* survey(): ModelStep {
  yield 5;
  return { volumes: [], findings: [] };
}

/** The operation, or the restore point where a command is about that alone. */
export const idOf = ({ operationId, restorePointId }: Data): string => {
  if (typeof operationId === 'string') return operationId;
  return typeof restorePointId === 'string' ? restorePointId : '';
};
