import { SnapfleetError } from '@snapfleet/contracts';
import { ModelGuard } from './model-guard.js';
import type { ModelOutsiders } from './model-outsiders.js';
import type { ModelStep } from './model-step.js';
import type { Random } from './random.js';
import type { VirtualTime } from './virtual-time.js';

interface State {
  replicas: number;
  mark: { readonly operationId: string; readonly replicas: number } | undefined;
  fence: number;
  version: number;
  /** Counts its scales. */
  generation: number;
  /** Its Pods are gone from then on, while it has no replicas. */
  drainedAt: number;
}

interface WorkloadParts {
  readonly random: Random;
  readonly unfenced: boolean;
  readonly readySnapshots: () => readonly string[];
  readonly outsiders: ModelOutsiders;
}

export const originalReplicas = 2;
/** What the guard needs at most from the end of the time to the scale, or to the hooks. */
export const bringBackMs = 1000;

/**
 * A workload, with the rules by which the cluster operator takes it away and brings it back: the notes that fence late
 * commands, marks before scales, and every write only on the version that was read.
 */
export class ModelWorkload {
  private readonly state: State = {
    replicas: originalReplicas,
    mark: undefined,
    fence: 0,
    version: 1,
    generation: 1,
    drainedAt: 0,
  };

  /** How often it was away for longer than it may be. */
  overdue = 0;
  readonly guard: ModelGuard;
  private readonly random: Random;
  private readonly unfenced: boolean;
  private readonly outsiders: ModelOutsiders;
  private dueMs = Infinity;
  /** The fencing tokens that the guard keeps with its timers. */
  private readonly tokens = new Map<string, number>();

  constructor(
    private readonly time: VirtualTime,
    { random, unfenced, readySnapshots, outsiders }: WorkloadParts,
    fenceAtBegin: number,
  ) {
    this.random = random;
    this.unfenced = unfenced;
    this.outsiders = outsiders;
    this.state.fence = fenceAtBegin;
    this.guard = new ModelGuard(time, random, {
      bringBack: (operationId) => this.putBack(operationId, this.tokens.get(operationId) ?? 0),
      readySnapshots,
    });
  }

  get replicas(): number {
    return this.state.replicas;
  }

  get marked(): boolean {
    return this.state.mark !== undefined;
  }

  get version(): number {
    return this.state.version;
  }

  /** Whether one of its Pods is there. */
  get runs(): boolean {
    return this.state.replicas > 0 || this.time.elapsedMs < this.state.drainedAt;
  }

  /** The replicas that the preflight saves. */
  get replicasToSave(): number {
    const { replicas, mark } = this.state;
    return replicas === 0 && mark !== undefined ? mark.replicas : replicas;
  }

  *quiesce(operationId: string, fencingToken: number, maximumDowntimeSeconds: number): ModelStep {
    this.tokens.set(operationId, fencingToken);
    if (!this.unfenced) this.guard.arm(operationId, maximumDowntimeSeconds);
    const { state } = this;
    while (state.replicas !== 0 || state.mark?.operationId !== operationId) {
      const { replicas, mark, fence, version } = state;
      yield 5;
      if (fencingToken <= fence && !this.unfenced) throw superseded();
      if (replicas === 0) {
        expectFree(mark, operationId);
        break;
      }
      if (version !== state.version) continue;
      this.change({ mark: { operationId, replicas } });
      const marked = state.version;
      yield 5;
      if (marked !== state.version) continue;
      this.scale(0);
      this.outsiders.mayScale(this);
      this.dueMs = this.time.elapsedMs + maximumDowntimeSeconds * 1000 + bringBackMs;
    }
    const { generation } = state;
    do yield Math.max(1, state.drainedAt - this.time.elapsedMs, this.outsiders.goneAtMs - this.time.elapsedMs);
    while (this.outsiders.write);
    if (state.replicas !== 0) throw new SnapfleetError('workload_conflict', 'scaled by somebody else');
    const { endedPodUids } = this.outsiders;
    return { quiescedAt: this.time.now().toISOString(), generation, endedPodUids };
  }

  *resume(operationId: string, fencingToken: number): ModelStep {
    const conflict = yield* this.putBack(operationId, fencingToken);
    yield 5;
    const { replicas } = this.state;
    const told = conflict === undefined ? {} : { conflict };
    return { resumedAt: this.time.now().toISOString(), replicas, ...told, ...this.guard.disarm(operationId) };
  }

  /** What the look after the cut finds of it. */
  disturbances(generation: number, fencingToken: number): string[] {
    const { state } = this;
    const isBack = fencingToken <= state.fence;
    const expected = generation + (isBack && state.replicas > 0 ? 1 : 0);
    return [
      ...(state.generation === expected ? [] : ['the workload was changed']),
      ...(this.runs && !isBack ? ['a Pod of the workload'] : []),
    ];
  }

  /** @returns the version that it has then */
  scaleFromOutside(replicas: number): number {
    this.scale(replicas);
    return this.state.version;
  }

  private *putBack(operationId: string, fencingToken: number): Generator<number, string | undefined, void> {
    const { state } = this;
    for (;;) {
      let seen = { ...state };
      yield 5;
      if (seen.version !== state.version) continue;
      if (fencingToken > seen.fence) this.change({ fence: fencingToken });
      seen = { ...state };
      yield 5;
      if (seen.mark?.operationId !== operationId) return undefined;
      if (seen.version !== state.version) continue;
      const { replicas } = seen.mark;
      if (seen.replicas === 0) this.scale(replicas);
      const { version } = state;
      yield 5;
      if (version !== state.version) continue;
      this.change({ mark: undefined });
      return seen.replicas === 0 || seen.replicas === replicas ? undefined : 'scaled by somebody else';
    }
  }

  private change(fields: Partial<State>): void {
    Object.assign(this.state, fields, { version: this.state.version + 1 });
  }

  private scale(replicas: number): void {
    if (replicas > 0 && this.state.replicas === 0 && this.time.elapsedMs > this.dueMs) this.overdue += 1;
    const { generation } = this.state;
    const drainedAt = this.time.elapsedMs + this.random.between(10, 20_000);
    this.change({ replicas, generation: generation + 1, drainedAt });
  }
}

/** What a command is told that comes after it was undone. */
export const superseded = (): SnapfleetError => new SnapfleetError('operation_superseded', 'undone already');

function expectFree(mark: State['mark'], operationId: string): void {
  if (mark === undefined || mark.operationId === operationId) return;
  throw new SnapfleetError('workload_conflict', 'held by another operation');
}
