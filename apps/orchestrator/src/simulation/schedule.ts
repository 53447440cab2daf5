import {
  type ConsistencyGrade,
  createMessage,
  DeviceId,
  type EventDefinition,
  GroupCreate,
  memberRestorePointId,
  type Quiesce,
  type QuiesceLevel,
  RestorePointId,
  operationIdFor,
  SnapshotCancel,
  SnapshotCreate,
  SnapshotReady,
} from '@snapfleet/contracts';
import type { z } from 'zod';
import { Journal } from '../journal/journal.js';
import { OperationStore } from '../journal/operation.store.js';
import { type Faults, noFaults } from './faults.js';
import { type ToldEvent, violationsOf, type WantedSnapshots } from './invariants.js';
import { ModelDevice, type Weaknesses } from './model-device.js';
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
  /** The quiesce level of all of them; by default it is chosen at random. */
  readonly level?: QuiesceLevel;
  /** A schedule must be able to fail with these. */
  readonly weak?: Weaknesses;
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
  /** Of the snapshots that were told as ready. */
  readonly grades: readonly ConsistencyGrade[];
  /** How often the dead-man timer was faster than the operation. */
  readonly timersFired: number;
}

const device = DeviceId.parse('edge-1');
const faultsEndAtMs = 3 * 3_600_000;
const mostEvents = 50_000;
const { claim, snapshot } = SnapshotReady.example as unknown as { claim: unknown; snapshot: Record<string, unknown> };
const claims = ['orders', 'orders', 'invoices'];
const levels: readonly QuiesceLevel[] = ['cold', 'cold', 'frozen', 'hooks', 'none'];
const workload = { kind: 'Deployment' as const, name: 'orders' };
const quiesceOf = (level: QuiesceLevel, maximumDowntimeSeconds: number): z.input<typeof Quiesce> => {
  switch (level) {
    case 'cold':
      return { level, workload, maximumDowntimeSeconds };
    case 'frozen':
      return { level, workload };
    case 'hooks':
      return {
        level,
        workload,
        before: [{ command: ['lock'] }],
        after: [{ command: ['unlock'] }],
        maximumDowntimeSeconds,
      };
    case 'none':
      return { level };
  }
};

/** A command that makes snapshots, and what it should come to. */
interface PlannedCreate {
  readonly wanted: WantedSnapshots;
  readonly accept: (orchestrator: ModelOrchestrator) => void;
}

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
    const { weak = {}, faults: wanted } = options;
    const faults = (): Faults => this.faults();
    this.device = new ModelDevice(this.time, this.random, { claim, snapshot }, weak, wanted.outsiders);
    this.operator = new ModelOperator(this.time, this.random, this.device, faults, weak.unfenced);
    this.network = new ModelNetwork(this.time, this.random, this.operator, faults);
  }

  async run(): Promise<ScheduleResult> {
    this.start();
    const count = this.options.snapshots ?? this.random.between(1, 3);
    const wanted = Array.from({ length: count }, (_, index) => this.plan(index));
    let events = 0;
    while ((await this.time.step()) && events < mostEvents) events += 1;
    if (events >= mostEvents) this.problems.push(`it had not ended after ${String(mostEvents)} events`);
    const told = [...this.told.values()];
    const open = this.operations.open().map(({ state }) => JSON.stringify(state));
    return {
      violations: [...this.problems, ...violationsOf({ wanted, open, told, device: this.device })],
      points: this.points,
      orchestratorKills: this.kills,
      operatorKills: this.operator.kills,
      killedIn: this.killedIn,
      endings: told.map(({ name }) => name),
      timersFired: this.device.timersFired,
      grades: told.flatMap(({ name, data }) => (name === 'snapshot.ready' ? (data.consistency ?? []) : [])),
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

  /** Plans a create, of one claim or of a group, perhaps twice, and perhaps its cancel. */
  private plan(index: number): WantedSnapshots {
    const key = `key-${String(index)}`;
    const level = this.options.level ?? this.random.pick(levels);
    const begin = this.random.happens(1 / 3) ? this.createOfGroup(key, level) : this.createOfOne(key, level, index);
    const at = this.random.between(0, index === 0 ? 1 : 60_000);
    this.deliver(at, begin.accept);
    if (this.random.happens(this.options.faults.duplicate))
      this.deliver(at + this.random.between(0, 60_000), begin.accept);
    if (this.random.happens(this.options.faults.cancel)) {
      const restorePointId = RestorePointId.parse(begin.wanted.restorePointIds[0]);
      const cancel = createMessage(
        SnapshotCancel,
        { restorePointId },
        { device, publisher: 'client', id: `cancel-${key}` },
      );
      this.deliver(at + this.random.between(0, 60_000), (orchestrator) => orchestrator.cancel.run(cancel));
    }
    return begin.wanted;
  }

  /** Often with a maximum downtime that is over before the snapshot is ready. */
  private quiesce(level: QuiesceLevel): z.input<typeof Quiesce> {
    return quiesceOf(level, this.random.happens(0.5) ? 900 : this.random.between(30, 90));
  }

  private createOfOne(key: string, level: QuiesceLevel, index: number): PlannedCreate {
    const data = {
      namespace: 'shop',
      persistentVolumeClaim: claims[index] ?? 'orders',
      idempotencyKey: key,
      policy: { quiesce: this.quiesce(level) },
    };
    const create = createMessage(SnapshotCreate, data, { device, publisher: 'client', id: `create-${key}` });
    const restorePointIds = [operationIdFor(device, 'snapshot.create', key)];
    return {
      wanted: { level, groupId: undefined, restorePointIds },
      accept: (orchestrator) => orchestrator.accept.create(create),
    };
  }

  private createOfGroup(key: string, level: QuiesceLevel): PlannedCreate {
    const persistentVolumeClaims = [...new Set(claims)];
    const policy = { quiesce: this.quiesce(level) };
    const data = { namespace: 'shop', persistentVolumeClaims, idempotencyKey: key, policy };
    const create = createMessage(GroupCreate, data, { device, publisher: 'client', id: `create-${key}` });
    const groupId = operationIdFor(device, 'group.create', key);
    const restorePointIds = create.data.persistentVolumeClaims.map((claim) => memberRestorePointId(groupId, claim));
    return {
      wanted: { level, groupId, restorePointIds },
      accept: (orchestrator) => orchestrator.accept.createGroup(create),
    };
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
