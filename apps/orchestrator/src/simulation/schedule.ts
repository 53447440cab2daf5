import {
  createMessage,
  DeviceId,
  type EventDefinition,
  type Quiesce,
  RestorePointId,
  operationIdFor,
  SnapshotCancel,
  SnapshotCreate,
  SnapshotReady,
  Workload,
} from '@snapfleet/contracts';
import { Journal } from '../journal/journal.js';
import { OperationStore } from '../journal/operation.store.js';
import { type Faults, noFaults } from './faults.js';
import { type ToldEvent, violationsOf } from './invariants.js';
import { ModelDevice } from './model-device.js';
import { ModelNetwork } from './model-network.js';
import { ModelOperator } from './model-operator.js';
import { Killed, ModelOrchestrator } from './model-orchestrator.js';
import { Random } from './random.js';
import { VirtualTime } from './virtual-time.js';

/** One run of the simulation. */
export interface ScheduleOptions {
  readonly seed: number;
  readonly faults: Faults;
  /** Kills the orchestrator at exactly this point, counted from 1, instead of at random ones. */
  readonly killAtPoint?: number;
  readonly snapshots?: number;
  /** The model without its fences; a schedule must then be able to fail. */
  readonly unfenced?: boolean;
}

export interface ScheduleResult {
  readonly violations: readonly string[];
  /** Points at which the orchestrator could have been killed. */
  readonly points: number;
  readonly orchestratorKills: number;
  readonly operatorKills: number;
  /** `<phase>: <point>` of each kill. */
  readonly killedIn: ReadonlySet<string>;
  readonly endings: readonly string[];
  /** How often the dead-man timer was faster than the operation. */
  readonly timersFired: number;
}

const device = DeviceId.parse('edge-1');
const faultsEndAtMs = 3 * 3_600_000;
const mostEvents = 50_000;
const { claim, snapshot } = SnapshotReady.example as unknown as { claim: unknown; snapshot: Record<string, unknown> };
const claims = ['orders', 'orders', 'invoices'];
const workload = Workload.parse({ kind: 'Deployment', name: 'orders' });

/** Runs one schedule to its end and tells what of the promises was broken. */
export async function runSchedule(options: ScheduleOptions): Promise<ScheduleResult> {
  const run = new Schedule(options);
  try {
    return await run.run();
  } finally {
    run.journal.close();
  }
}

class Schedule {
  readonly journal = new Journal(':memory:');
  private readonly operations = new OperationStore(this.journal);
  private readonly random: Random;
  private readonly time = new VirtualTime();
  private readonly device: ModelDevice;
  private readonly operator: ModelOperator;
  private readonly network: ModelNetwork;
  private orchestrator: ModelOrchestrator | undefined;
  private readonly told = new Map<string, ToldEvent>();
  private readonly problems: string[] = [];
  private readonly killedIn = new Set<string>();
  private points = 0;
  private kills = 0;

  constructor(private readonly options: ScheduleOptions) {
    this.random = new Random(options.seed);
    const { unfenced = false } = options;
    const faults = (): Faults => this.faults();
    this.device = new ModelDevice(this.time, this.random, { claim, snapshot }, unfenced);
    this.operator = new ModelOperator(this.time, this.random, this.device, faults, unfenced);
    this.network = new ModelNetwork(this.time, this.random, this.operator, faults);
  }

  async run(): Promise<ScheduleResult> {
    this.start();
    const wanted = this.options.snapshots ?? this.random.between(1, 3);
    const ids = Array.from({ length: wanted }, (_, index) => this.plan(index));
    let events = 0;
    while ((await this.time.step()) && events < mostEvents) events += 1;
    if (events >= mostEvents) this.problems.push(`it had not ended after ${String(mostEvents)} events`);
    const open = this.operations.open().map(({ state }) => JSON.stringify(state));
    return {
      violations: [
        ...this.problems,
        ...violationsOf({ ids, open, told: [...this.told.values()], device: this.device }),
      ],
      points: this.points,
      orchestratorKills: this.kills,
      operatorKills: this.operator.kills,
      killedIn: this.killedIn,
      endings: [...this.told.values()].map(({ name }) => name),
      timersFired: this.device.guard.fired,
    };
  }

  private faults(): Faults {
    return this.time.elapsedMs < faultsEndAtMs ? this.options.faults : noFaults;
  }

  private start(): void {
    this.orchestrator = new ModelOrchestrator({
      device,
      journal: this.journal,
      clock: this.time,
      caller: this.network,
      store: (definition, data, id, sequence) => this.store(definition, data, id, sequence),
      killedAt: (point) => this.isKilledAt(point),
      onKilled: () => {
        this.kills += 1;
        this.orchestrator = undefined;
        this.time.after(this.random.between(100, 60_000), () => this.start());
      },
      onStuck: (error) => this.problems.push(`an operation is stuck: ${String(error)}`),
    });
    this.orchestrator.start();
  }

  private isKilledAt(point: string): boolean {
    this.points += 1;
    const { killAtPoint } = this.options;
    const killed =
      killAtPoint === undefined ? this.random.happens(this.faults().orchestratorKill) : killAtPoint === this.points;
    if (killed) for (const phase of this.phases()) this.killedIn.add(`${phase}: ${point}`);
    return killed;
  }

  private phases(): string[] {
    return this.operations.open().map(({ state }) => String((state as { phase?: unknown }).phase));
  }

  /** Often with a maximum downtime that is over before the snapshot is ready. */
  private quiesce(): Quiesce {
    const maximumDowntimeSeconds = this.random.happens(0.5) ? 900 : this.random.between(30, 90);
    return { level: 'cold', workload, deadlineSeconds: 300, maximumDowntimeSeconds };
  }

  /** Plans a create, perhaps twice, and perhaps its cancel. */
  private plan(index: number): string {
    const key = `key-${String(index)}`;
    const data = {
      namespace: 'shop',
      persistentVolumeClaim: claims[index] ?? 'orders',
      idempotencyKey: key,
      policy: { quiesce: this.quiesce() },
    };
    const id = operationIdFor(device, 'snapshot.create', key);
    const create = createMessage(SnapshotCreate, data, { device, publisher: 'client', id: `create-${key}` });
    const at = this.random.between(0, index === 0 ? 1 : 60_000);
    this.deliver(at, (orchestrator) => orchestrator.accept.create(create));
    if (this.random.happens(this.options.faults.duplicate))
      this.deliver(at + this.random.between(0, 60_000), (orchestrator) => orchestrator.accept.create(create));
    if (this.random.happens(this.options.faults.cancel)) {
      const restorePointId = RestorePointId.parse(id);
      const cancel = createMessage(
        SnapshotCancel,
        { restorePointId },
        { device, publisher: 'client', id: `cancel-${key}` },
      );
      this.deliver(at + this.random.between(0, 60_000), (orchestrator) => orchestrator.cancel.run(cancel));
    }
    return id;
  }

  /** A public command: delivered again until it was settled. */
  private deliver(delayMs: number, work: (orchestrator: ModelOrchestrator) => void): void {
    this.time.after(delayMs, () => {
      const { orchestrator } = this;
      try {
        if (orchestrator === undefined) throw new Killed('not started yet');
        orchestrator.mayDie('before the command');
        work(orchestrator);
        orchestrator.mayDie('before the acknowledgement');
      } catch (error) {
        if (error instanceof Killed) this.deliver(1000, work);
      }
    });
  }

  private store(definition: EventDefinition, data: unknown, id: string, sequence: number): void {
    if (this.random.happens(this.faults().streamDown)) throw new Error('the stream does not answer');
    definition.data.parse(data);
    if (!this.told.has(id)) this.told.set(id, { name: definition.name, data: data as ToldEvent['data'], sequence });
  }
}
