import { longestFreezeSeconds } from '@snapfleet/contracts';
import type { ModelStep } from './model-step.js';
import { superseded } from './model-workload.js';
import type { VirtualTime } from './virtual-time.js';

/** The processes of a running workload: stopped by the freezer, with a watchdog that lets them go on, or held by a hook. */
export class ModelWriters {
  private frozen: { readonly operationId: string; readonly freezeId: string; readonly since: number } | undefined;
  private readonly thawed = new Set<string>();
  private readonly locks = new Set<string>();
  private fence: number;
  private freezes = 0;

  constructor(
    private readonly time: VirtualTime,
    private readonly unfenced: boolean,
    fenceAtBegin: number,
  ) {
    this.fence = fenceAtBegin;
  }

  /** Whether nothing writes although the Pods run. */
  get quiet(): boolean {
    return this.frozen !== undefined || this.locks.size > 0;
  }

  get frozenNow(): boolean {
    return this.frozen !== undefined;
  }

  get locked(): boolean {
    return this.locks.size > 0;
  }

  *freeze(operationId: string): ModelStep {
    yield 50;
    if (this.thawed.has(operationId) && !this.unfenced) throw superseded();
    if (this.frozen?.operationId !== operationId) {
      const freezeId = `00000000-0000-4000-8000-${String((this.freezes += 1)).padStart(12, '0')}`;
      const made = { operationId, freezeId, since: this.time.elapsedMs };
      this.frozen = made;
      this.time.after(longestFreezeSeconds * 1000, () => {
        if (this.frozen === made) this.frozen = undefined;
      });
    }
    return { freezeId: this.frozen.freezeId, frozenAt: this.time.now().toISOString() };
  }

  *thaw(operationId: string, freezeId: unknown): ModelStep {
    yield 5;
    this.thawed.add(operationId);
    const held = this.unfenced || this.frozen?.freezeId === freezeId;
    if (this.frozen?.operationId === operationId) this.frozen = undefined;
    yield 5;
    return { thawedAt: this.time.now().toISOString(), held, ...(held ? {} : { reason: 'its time was over' }) };
  }

  *runHooks(operationId: string, { fencingToken, moment, pods }: Readonly<Record<string, unknown>>): ModelStep {
    yield 5;
    const token = Number(fencingToken);
    if (moment === 'after') this.fence = Math.max(this.fence, token);
    else if (token <= this.fence && !this.unfenced) throw superseded();
    if (moment === 'after') this.locks.delete(operationId);
    else this.locks.add(operationId);
    yield 20;
    return { endedAt: this.time.now().toISOString(), pods, failures: [], gone: [], unhooked: [] };
  }
}
