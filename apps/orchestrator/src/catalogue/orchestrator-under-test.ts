import {
  type AgentCommandDefinition,
  BackupCompleted,
  ClaimFacts,
  createMessage,
  deterministicUuid,
  operationIdFor,
  RestorePointId,
  RestoreVerified,
  SnapfleetError,
  SnapshotCreate,
  SnapshotDelete,
  SnapshotReady,
  SnapshotRestore,
} from '@snapfleet/contracts';
import { AcceptCommandUseCase } from '../accept/accept-command.use-case.js';
import { RecordFactUseCase } from '../facts/record-fact.use-case.js';
import { toldBackup, toldProof } from '../facts/told-facts.js';
import { FactPlaceStore } from '../journal/fact-place.store.js';
import { Journal } from '../journal/journal.js';
import { OperationStore } from '../journal/operation.store.js';
import { RestorePointStore } from '../journal/restore-point.store.js';
import { OperationRunner } from '../operations/operation-runner.js';
import { device, orchestratorParts } from '../testing/orchestrator-parts.js';
import { preflightReply } from '../workflow/create/replies-under-test.js';

const at = '2026-11-23T10:00:00Z';
const ready = SnapshotReady.data.parse(SnapshotReady.example);
const mover = 'copy';
const noRoom = new SnapfleetError('pool_headroom_missing', 'no room').toDetail();
const volume = { namespace: 'shop', persistentVolumeClaim: 'orders' };

/** Messages of the one event stream, which outlives each orchestrator. */
let told = 0;

/** A copy of the data of a restore point: its local snapshot, or its backup. */
export type CopyKind = 'snapshot' | 'backup';

/** The uid of the claim that was the first, the second, … of its name. */
export const uidOf = (generation: number): string => deterministicUuid('claim', String(generation));

/** The orchestrator with its journal on a device of one volume, and the copies that are really there. */
export class OrchestratorUnderTest {
  /** Counts how often the claim was made again. */
  generation = 0;
  poolIsFull = false;
  /** This command is answered by nobody. */
  silentAt: string | undefined;
  readonly calls: string[] = [];
  readonly restorePoints: RestorePointStore;
  readonly operations: OperationStore;
  private readonly runner: OperationRunner;
  private readonly accept: AcceptCommandUseCase;
  private readonly facts: RecordFactUseCase;
  private commands = 0;

  /** @param copies that exist, of each restore point */
  constructor(
    readonly journal = new Journal(':memory:'),
    readonly copies = new Map<RestorePointId, Set<CopyKind>>(),
  ) {
    const parts = orchestratorParts(journal, this.answer.bind(this));
    ({ restorePoints: this.restorePoints, operations: this.operations } = parts);
    const runner = new OperationRunner(parts);
    this.runner = runner;
    this.accept = new AcceptCommandUseCase({ ...parts, runner });
    const stream = { holding: () => Promise.resolve('of this device') };
    this.facts = new RecordFactUseCase({ ...parts, runner, stream, places: new FactPlaceStore(journal) });
  }

  /** The process ends where it is; another one on the same journal takes its work up by `start`. */
  stop(): Promise<void> {
    return this.runner.stop();
  }

  start(): void {
    this.runner.start();
  }

  /** Makes a restore point of the claim as it is now, and waits until it is ready or refused. */
  async make(policy: object = {}): Promise<RestorePointId> {
    const key = String((this.commands += 1));
    const data = { ...volume, idempotencyKey: key, policy: { movers: [mover], ...policy } };
    this.accept.create(createMessage(SnapshotCreate, data, { device, publisher: 'client', id: `create-${key}` }));
    await this.rest();
    return RestorePointId.parse(operationIdFor(device, 'snapshot.create', key));
  }

  /** @throws SnapfleetError what a refusal tells */
  async delete(restorePointId: RestorePointId, options: object = {}): Promise<void> {
    const id = `delete-${String((this.commands += 1))}`;
    this.accept.delete(
      createMessage(SnapshotDelete, { restorePointId, ...options }, { device, publisher: 'client', id }),
    );
    await this.rest();
  }

  async restore(restorePointId: RestorePointId): Promise<void> {
    const id = `restore-${String((this.commands += 1))}`;
    const data = { restorePointId, targetClaim: 'orders-restored' };
    this.accept.restore(createMessage(SnapshotRestore, data, { device, publisher: 'client', id }));
    await this.rest();
  }

  /** The worker has made the backup; nothing where its snapshot is not there. */
  async backUp(restorePointId: RestorePointId): Promise<void> {
    if (this.copies.get(restorePointId)?.has('snapshot') !== true) return;
    this.copies.get(restorePointId)?.add('backup');
    const backup = { mover, destination: 'default', location: restorePointId };
    const fact = BackupCompleted.data.parse({ ...BackupCompleted.example, restorePointId, backup });
    await this.facts.run(toldBackup(fact, (told += 1), at));
    await this.rest();
  }

  /** The verifier has proven this copy; false where it is not there. */
  async prove(restorePointId: RestorePointId, level: CopyKind): Promise<boolean> {
    if (this.copies.get(restorePointId)?.has(level) !== true) return false;
    const { mover: _mover, ...example } = RestoreVerified.data.parse(RestoreVerified.example);
    const fact = { ...example, level, restorePointId, ...(level === 'backup' ? { mover } : {}) };
    await this.facts.run(toldProof(RestoreVerified.data.parse(fact), (told += 1), at));
    await this.rest();
    return true;
  }

  /** As journals of old may hold it. */
  forgetClaim(restorePointId: RestorePointId): void {
    const { claim: _claim, ...point } = this.restorePoints.find(restorePointId) ?? {};
    if ('restorePointId' in point) this.restorePoints.save({ ...point, restorePointId });
  }

  private async rest(): Promise<void> {
    while (this.operations.open().length > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  private answer(
    { name }: AgentCommandDefinition,
    data: unknown,
    { signal }: { signal: AbortSignal },
  ): Promise<unknown> {
    this.calls.push(name);
    if (name === this.silentAt) return aborted(signal);
    const about = data as { readonly restorePointId: RestorePointId };
    switch (name) {
      case 'claim.preflight':
        return Promise.resolve({ ...preflightReply('none'), claim: this.claim() });
      case 'volume.survey':
        return Promise.resolve({ volumes: [], findings: this.poolIsFull ? [noRoom] : [] });
      case 'snapshot.take':
        return Promise.resolve(this.take(about.restorePointId));
      case 'backup.remove':
      case 'snapshot.remove':
        this.copies.get(about.restorePointId)?.delete(name === 'backup.remove' ? 'backup' : 'snapshot');
        return Promise.resolve({ freed: true });
      case 'volume.restore':
        return Promise.resolve({ claimUid: uidOf(99), sizeBytes: 1 });
      default:
        return Promise.reject(new Error(`nobody answers ${name}`));
    }
  }

  private claim(): ClaimFacts {
    return ClaimFacts.parse({ ...ready.claim, uid: uidOf(this.generation) });
  }

  private take(restorePointId: RestorePointId): object {
    this.copies.set(restorePointId, new Set(['snapshot']));
    const volumeSnapshotUid = deterministicUuid('snapshot', restorePointId);
    return { ...ready.snapshot, volumeSnapshotUid, snapshotHandle: volumeSnapshotUid, deletionPolicy: 'Delete' };
  }
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new SnapfleetError('interrupted', 'stopped'));
    });
  });
