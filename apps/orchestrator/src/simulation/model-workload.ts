import { SnapfleetError } from '@snapfleet/contracts';
import type { ModelStep } from './model-step.js';
import type { Random } from './random.js';
import type { VirtualTime } from './virtual-time.js';

interface State {
  replicas: number;
  mark: { readonly operationId: string; readonly replicas: number } | undefined;
  resumed: readonly string[];
  version: number;
  /** Its Pods are gone from then on, while it has no replicas. */
  drainedAt: number;
}

export const originalReplicas = 2;

/**
 * A workload, with the rules by which the cluster operator takes it away and brings it back: the notes that fence late
 * commands, marks before scales, and every write only on the version that was read.
 */
export class ModelWorkload {
  private readonly state: State = {
    replicas: originalReplicas,
    mark: undefined,
    resumed: [],
    version: 1,
    drainedAt: 0,
  };

  constructor(
    private readonly time: VirtualTime,
    private readonly random: Random,
    private readonly unfenced: boolean,
  ) {}

  get replicas(): number {
    return this.state.replicas;
  }

  get marked(): boolean {
    return this.state.mark !== undefined;
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

  *quiesce(operationId: string): ModelStep {
    const { state } = this;
    while (state.replicas !== 0 || state.mark?.operationId !== operationId) {
      const { replicas, mark, resumed, version } = state;
      yield 5;
      if (resumed.includes(operationId) && !this.unfenced) throw superseded();
      if (replicas === 0) {
        if (mark === undefined || mark.operationId === operationId) break;
        throw new SnapfleetError('workload_conflict', 'held by another operation');
      }
      if (version !== state.version) continue;
      this.change({ mark: { operationId, replicas } });
      const marked = state.version;
      yield 5;
      if (marked === state.version) this.scale(0);
    }
    yield Math.max(1, state.drainedAt - this.time.elapsedMs);
    if (state.replicas !== 0) throw new SnapfleetError('workload_conflict', 'scaled by somebody else');
    return { quiescedAt: this.time.now().toISOString() };
  }

  *resume(operationId: string): ModelStep {
    const { state } = this;
    for (;;) {
      let seen = { ...state };
      yield 5;
      if (seen.version !== state.version) continue;
      if (!seen.resumed.includes(operationId)) this.change({ resumed: [...seen.resumed, operationId] });
      seen = { ...state };
      yield 5;
      if (seen.mark?.operationId !== operationId) break;
      if (seen.version !== state.version) continue;
      if (seen.replicas === 0) this.scale(seen.mark.replicas);
      const { version } = state;
      yield 5;
      if (version !== state.version) continue;
      this.change({ mark: undefined });
      break;
    }
    return { resumedAt: this.time.now().toISOString(), replicas: state.replicas };
  }

  private change(fields: Partial<State>): void {
    Object.assign(this.state, fields, { version: this.state.version + 1 });
  }

  private scale(replicas: number): void {
    this.change({ replicas, drainedAt: this.time.elapsedMs + this.random.between(10, 20_000) });
  }
}

/** What a command is told that comes after it was undone. */
export const superseded = (): SnapfleetError => new SnapfleetError('operation_superseded', 'undone already');
