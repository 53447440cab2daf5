import type { DeviceId, EventDefinition } from '@snapfleet/contracts';
import { AcceptCommandUseCase } from '../accept/accept-command.use-case.js';
import { CancelSnapshotUseCase } from '../accept/cancel-snapshot.use-case.js';
import { EventRecorder } from '../journal/event-recorder.js';
import type {
  Journal,
  JournalDatabase,
  JournalFacts,
  JournalOwnership,
  JournalTransactions,
} from '../journal/journal.js';
import { OperationStore } from '../journal/operation.store.js';
import { OutboxRelay } from '../journal/outbox-relay.js';
import { Outbox } from '../journal/outbox.js';
import { RestorePointStore } from '../journal/restore-point.store.js';
import { type Clock, OperationRunner, type StepCaller } from '../operations/operation-runner.js';
import { workflows } from '../workflow/workflows.js';

/** What the process of an orchestrator has around it. */
export interface ModelSurroundings {
  readonly device: DeviceId;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly caller: StepCaller;
  /** The stream takes the event, or throws. */
  readonly store: (definition: EventDefinition, data: unknown, id: string, sequence: number) => void;
  /** Called at each point where a process can be killed; true: it is killed there. */
  readonly killedAt: (point: string) => boolean;
  readonly onKilled: () => void;
  readonly onStuck: (error: unknown) => void;
}

/** Thrown where the process was killed; nothing of it takes effect any more. */
export class Killed extends Error {}

/** The real orchestrator without NATS, as a process that can be killed wherever it writes, calls or publishes. */
export class ModelOrchestrator {
  readonly accept: AcceptCommandUseCase;
  readonly cancel: CancelSnapshotUseCase;
  private readonly runner: OperationRunner;
  private readonly relay: OutboxRelay;
  private dead = false;

  constructor(private readonly around: ModelSurroundings) {
    const journal = this.mortalJournal();
    // Where it dies in what the relay writes is where it dies after the publication.
    const outbox = new Outbox(around.journal);
    this.relay = new OutboxRelay(
      outbox,
      { publish: (...event) => this.publish(...event) },
      this.mortalClock(),
      () => undefined,
    );
    const parts = {
      device: around.device,
      journal,
      operations: new OperationStore(journal),
      restorePoints: new RestorePointStore(journal),
      events: new EventRecorder(outbox, () => {
        this.relay.notify();
      }),
      now: () => around.clock.now(),
    };
    const report = (event: string, { error }: Record<string, unknown>): void => {
      if (event === 'operation.stuck' && !this.dead) around.onStuck(error);
    };
    const caller: StepCaller = { call: (...call) => this.call(...call) };
    this.runner = new OperationRunner({ ...parts, workflows, caller, clock: this.mortalClock(), report });
    this.accept = new AcceptCommandUseCase({ ...parts, runner: this.runner });
    this.cancel = new CancelSnapshotUseCase({ ...parts, runner: this.runner });
  }

  start(): void {
    this.relay.start();
    this.runner.start();
  }

  /** @throws Killed when it is dead or dies here */
  mayDie(point: string): void {
    if (!this.dead && this.around.killedAt(point)) {
      this.dead = true;
      this.around.onKilled();
    }
    if (this.dead) throw new Killed(point);
  }

  private mortalJournal(): JournalDatabase & JournalFacts & JournalTransactions & JournalOwnership {
    const { journal } = this.around;
    return {
      database: journal.database,
      fact: (name) => journal.fact(name),
      setFact: (name, value) => {
        journal.setFact(name, value);
      },
      expectOwned: () => {
        journal.expectOwned();
      },
      transaction: (work) => {
        this.mayDie('before the transaction');
        const result = journal.transaction(() => {
          const written = work();
          this.mayDie('within the transaction');
          return written;
        });
        this.mayDie('after the transaction');
        return result;
      },
    };
  }

  private mortalClock(): Clock {
    const { clock } = this.around;
    return {
      now: () => clock.now(),
      sleep: (milliseconds, signal) => (this.dead ? forever() : clock.sleep(milliseconds, signal)),
    };
  }

  private async call(...call: Parameters<StepCaller['call']>): Promise<unknown> {
    if (this.isDyingAt('before the call')) return forever();
    try {
      return await this.around.caller.call(...call);
    } finally {
      if (this.isDyingAt('after the call')) await forever();
    }
  }

  private async publish(
    definition: EventDefinition,
    data: unknown,
    about: { id: string; sequence: number },
  ): Promise<void> {
    if (this.isDyingAt('before the publication')) return forever();
    // The stream answers later, so that a transaction can come in between.
    await this.around.clock.sleep(1, new AbortController().signal);
    if (this.dead) return forever();
    this.around.store(definition, data, about.id, about.sequence);
    if (this.isDyingAt('after the publication')) return forever();
  }

  private isDyingAt(point: string): boolean {
    try {
      this.mayDie(point);
      return false;
    } catch {
      return true;
    }
  }
}

const forever = <T>(): Promise<T> => new Promise<T>(() => undefined);
