import { longestFreezeSeconds } from '@snapfleet/contracts';
import { ModelGuard } from './model-guard.js';
import type { ModelStep } from './model-step.js';
import { bringBackMs, superseded } from './model-workload.js';
import type { Random } from './random.js';
import type { VirtualTime } from './virtual-time.js';

interface WritersParts {
  readonly random: Random;
  readonly unfenced: boolean;
  readonly readySnapshots: () => readonly string[];
}

/**
 * The processes of a running workload: stopped by the freezer, with a watchdog that lets them go on, or held by a hook, with a
 * dead-man timer that lets them go on.
 */
export class ModelWriters {
  private frozen: { readonly operationId: string; readonly freezeId: string; readonly since: number } | undefined;
  private readonly thawed = new Set<string>();
  /** Which operation holds the application, and until when it may. */
  private readonly locks = new Map<string, number>();
  private readonly tokens = new Map<string, number>();
  private readonly unfenced: boolean;
  private fence: number;
  private freezes = 0;

  /** How often a hook held the application for longer than it may. */
  overdue = 0;
  readonly guard: ModelGuard;

  constructor(
    private readonly time: VirtualTime,
    { random, unfenced, readySnapshots }: WritersParts,
    fenceAtBegin: number,
  ) {
    this.unfenced = unfenced;
    this.fence = fenceAtBegin;
    this.guard = new ModelGuard(time, random, {
      bringBack: (operationId) => this.letGo(operationId),
      readySnapshots,
    });
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

  *runHooks(operationId: string, command: Readonly<Record<string, unknown>>): ModelStep {
    const { fencingToken, moment, pods, timer } = command;
    const { maximumDowntimeSeconds } = timer as { maximumDowntimeSeconds: number };
    const token = Number(fencingToken);
    this.tokens.set(operationId, token);
    const told = (): object => ({ endedAt: this.time.now().toISOString(), pods, failures: [], gone: [], unhooked: [] });
    if (moment === 'after') {
      yield* this.letGo(operationId);
      const { resumedAt: _at, ...end } = this.guard.disarm(operationId);
      return { ...told(), ...end };
    }
    if (!this.unfenced) this.guard.arm(operationId, maximumDowntimeSeconds);
    yield 5;
    if (token <= this.fence && !this.unfenced) throw superseded();
    if (!this.locks.has(operationId))
      this.locks.set(operationId, this.time.elapsedMs + maximumDowntimeSeconds * 1000 + bringBackMs);
    yield 20;
    return told();
  }

  /** The note comes before the hooks of after the cut. */
  private *letGo(operationId: string): Generator<number, undefined, void> {
    yield 5;
    this.fence = Math.max(this.fence, this.tokens.get(operationId) ?? 0);
    yield 5;
    if (this.time.elapsedMs > (this.locks.get(operationId) ?? Infinity)) this.overdue += 1;
    this.locks.delete(operationId);
    yield 20;
    return undefined;
  }
}
