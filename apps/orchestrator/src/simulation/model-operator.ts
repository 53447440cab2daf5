import { type ErrorDetail, SnapfleetError } from '@snapfleet/contracts';
import type { Faults } from './faults.js';
import { idOf, type ModelDevice } from './model-device.js';
import type { ModelStep } from './model-step.js';
import type { Random } from './random.js';
import type { VirtualTime } from './virtual-time.js';

export type ModelOutcome =
  { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: ErrorDetail };

/** A command on its way to the cluster operator. */
export interface ModelCommand {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly replyTo: string;
  readonly expiresAtMs: number;
  readonly reply: (outcome: ModelOutcome) => void;
}

interface Run {
  readonly command: ModelCommand;
  readonly step: ModelStep;
  ended: boolean;
}

interface ModelProcess {
  readonly running: Map<string, Run>;
  readonly remembered: Map<string, ModelOutcome>;
}

const mostFailuresOfOneStep = 3;
const emptyProcess = (): ModelProcess => ({ running: new Map(), remembered: new Map() });
const failed = (error: SnapfleetError): ModelOutcome => ({ ok: false, error: error.toDetail() });

/** What ends the steps that it undoes, as in the services. */
const undoes: Readonly<Record<string, string>> = {
  'workload.resume': 'workload.quiesce',
  'writers.thaw': 'writers.freeze',
  'workload.run-hooks after': 'workload.run-hooks before',
  'snapshot.remove': 'snapshot.take',
};

const kindOf = ({ name, data }: ModelCommand): string =>
  typeof data['moment'] === 'string' ? `${name} ${data['moment']}` : name;

/**
 * Cluster operator and host-lvm, in one process, as their callers see them: it remembers outcomes until it is killed, refuses what has expired, and gets
 * what it had not acknowledged again after its next start.
 */
export class ModelOperator {
  private process: ModelProcess | undefined = emptyProcess();
  private readonly failures = new Map<string, number>();
  private startsAtMs = 0;
  kills = 0;

  constructor(
    private readonly time: VirtualTime,
    private readonly random: Random,
    private readonly device: ModelDevice,
    private readonly faults: () => Faults,
    private readonly unfenced = false,
  ) {}

  deliver(command: ModelCommand): void {
    const { process } = this;
    if (process === undefined) {
      this.time.after(this.startsAtMs - this.time.elapsedMs + this.random.between(1, 500), () => {
        this.deliver(command);
      });
      return;
    }
    const { replyTo } = command;
    const remembered = process.remembered.get(replyTo);
    if (remembered !== undefined) command.reply(remembered);
    else if (command.expiresAtMs <= this.time.elapsedMs)
      command.reply(failed(new SnapfleetError('command_expired', 'late')));
    else if (!process.running.has(replyTo)) this.begin(process, command);
  }

  private begin(process: ModelProcess, command: ModelCommand): void {
    const undone = undoes[kindOf(command)];
    for (const run of process.running.values()) {
      if (kindOf(run.command) === undone && idOf(run.command.data) === idOf(command.data) && !this.unfenced)
        this.end(process, run, failed(new SnapfleetError('operation_superseded', 'ended by a later step')));
    }
    const run = { command, step: this.device.step(command.name, command.data), ended: false };
    process.running.set(command.replyTo, run);
    this.advance(process, run);
  }

  private advance(process: ModelProcess, run: Run): void {
    if (process !== this.process || run.ended) return;
    if (this.random.happens(this.faults().operatorKill)) {
      this.kill();
      return;
    }
    try {
      const next = this.mayFail(run.command) ? run.step.throw(unreachable()) : run.step.next();
      if (next.done === true) this.end(process, run, { ok: true, result: next.value });
      else
        this.time.after(next.value, () => {
          this.advance(process, run);
        });
    } catch (error) {
      this.end(process, run, failed(SnapfleetError.from(error)));
    }
  }

  private end(process: ModelProcess, run: Run, outcome: ModelOutcome): void {
    run.ended = true;
    process.running.delete(run.command.replyTo);
    process.remembered.set(run.command.replyTo, outcome);
    run.command.reply(outcome);
    // Its acknowledgement may be lost with the process.
    if (this.random.happens(this.faults().operatorKill)) {
      this.kill();
      this.deliver(run.command);
    }
  }

  /** Bounded, for the workflow gives up the cleaning after five failures and says so. */
  private mayFail(command: ModelCommand): boolean {
    const step = `${command.name} ${idOf(command.data)}`;
    const before = this.failures.get(step) ?? 0;
    const { failure, failsOnce } = this.faults();
    const fails = (failsOnce === command.name && before === 0) || this.random.happens(failure);
    if (before >= mostFailuresOfOneStep || !fails) return false;
    this.failures.set(step, before + 1);
    return true;
  }

  private kill(): void {
    const { process } = this;
    if (process === undefined) return;
    this.kills += 1;
    this.process = undefined;
    const downMs = this.random.between(500, 60_000);
    this.startsAtMs = this.time.elapsedMs + downMs;
    for (const { command } of process.running.values()) this.deliver(command);
    this.time.after(downMs, () => {
      this.process = emptyProcess();
    });
  }
}

const unreachable = (): SnapfleetError => new SnapfleetError('internal', 'the API server does not answer');
