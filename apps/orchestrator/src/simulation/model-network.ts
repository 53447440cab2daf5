import { type AgentCommandDefinition, SnapfleetError } from '@snapfleet/contracts';
import type { Faults } from './faults.js';
import type { ModelOperator, ModelOutcome } from './model-operator.js';
import type { Random } from './random.js';
import type { VirtualTime } from './virtual-time.js';

interface CallOptions {
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

const shortestRepeatMs = 2000;
const faultyRemovals = 3;

/** Calls through a stream that loses, repeats, delays and reorders, with the repetition of libs/messaging. */
export class ModelNetwork {
  private calls = 0;
  private readonly removals = new Map<string, number>();

  constructor(
    private readonly time: VirtualTime,
    private readonly random: Random,
    private readonly operator: ModelOperator,
    private readonly faults: () => Faults,
  ) {}

  /** @throws SnapfleetError the owner's, `deadline_exceeded` or `interrupted` */
  call({ name }: AgentCommandDefinition, input: unknown, { deadlineMs, signal }: CallOptions): Promise<unknown> {
    const data = input as Readonly<Record<string, unknown>>;
    const faulty = this.isFaulty(name, data);
    const replyTo = String((this.calls += 1));
    const expiresAtMs = this.time.elapsedMs + deadlineMs;
    return new Promise((resolve, reject) => {
      const planned: (() => void)[] = [];
      let settled = false;
      const settle = (outcome: () => void): void => {
        if (settled) return;
        settled = true;
        for (const forget of planned) forget();
        outcome();
      };
      const reply = (outcome: ModelOutcome): void => {
        this.carry(faulty, () => {
          settle(() => {
            if (outcome.ok) resolve(outcome.result);
            else reject(SnapfleetError.fromDetail(outcome.error));
          });
        });
      };
      const publish = (): void => {
        this.carry(faulty, () => {
          this.operator.deliver({ name, data, replyTo, expiresAtMs, reply });
        });
      };
      publish();
      const repeatMs = Math.max(shortestRepeatMs, deadlineMs / 3);
      for (let at = repeatMs; at < deadlineMs; at += repeatMs) planned.push(this.time.after(at, publish));
      const late = new SnapfleetError('deadline_exceeded', `${name} was not answered`);
      planned.push(this.time.after(deadlineMs, () => settle(() => reject(late))));
      const abort = (): void => settle(() => reject(new SnapfleetError('interrupted', `stopped waiting for ${name}`)));
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort);
    });
  }

  private carry(faulty: boolean, arrive: () => void): void {
    const { loss, duplicate, late } = this.faults();
    const copies = faulty && this.random.happens(duplicate) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      if (faulty && this.random.happens(loss)) continue;
      const minutes = faulty && this.random.happens(late);
      this.time.after(minutes ? this.random.between(10_000, 600_000) : this.random.between(1, 60), arrive);
    }
  }

  /** The workflow gives a removal up after five attempts and says so; here one of them comes through. */
  private isFaulty(name: string, data: Readonly<Record<string, unknown>>): boolean {
    if (name !== 'snapshot.remove') return true;
    const id = String(data['restorePointId']);
    const before = this.removals.get(id) ?? 0;
    this.removals.set(id, before + 1);
    return before < faultyRemovals;
  }
}
