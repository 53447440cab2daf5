import { SnapfleetError, SnapshotRemove, SnapshotTake, type DataOf, type ReplyOf } from '@snapfleet/contracts';
import {
  boundContentName,
  Deadline,
  isApiError,
  isTerminating,
  orOnDeadline,
  type PersistentVolumeClaim,
  type VolumeSnapshot,
  type VolumeSnapshotContent,
} from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { fenceOf, isFenced } from '@snapfleet/workloads';
import { sentence } from '../failure/recent-warnings.js';
import { annotation, isOurs, label, managedBySnapfleet, volumeSnapshotNameOf } from '../marks/marks.js';
import { awaitReady } from './await-snapshot.js';
import { boundSnapshotOf } from './bound-snapshot.js';
import { findDisturbances } from './disturbances.js';

type Command = DataOf<typeof SnapshotTake>;
type Reply = ReplyOf<typeof SnapshotTake>;

type Removal = Omit<DataOf<typeof SnapshotRemove>, 'releaseFinalizers' | 'fencingToken'>;

/** Removes a snapshot that failed. */
export interface SnapshotRemover {
  removeObjects(command: Removal, signal: AbortSignal): Promise<ReplyOf<typeof SnapshotRemove>>;
}

/** Told when the VolumeSnapshot is there, before it is ready. Does not wait and does not fail. */
export interface BeginListener {
  begun(snapshot: VolumeSnapshot, command: Command): void;
}

/** The VolumeSnapshot of a take, and whether this take has made it or found it. */
interface Begun {
  readonly snapshot: VolumeSnapshot;
  readonly made: boolean;
}

/** Short: the workload is still away while a failed snapshot is being removed, and the caller removes it again later. */
const cleanUpSeconds = 10;

/** Makes the VolumeSnapshot of a restore point, waits until it is bound and ready, and looks whether its claim was quiet. */
export class TakeSnapshotUseCase {
  constructor(
    private readonly cluster: Cluster,
    private readonly remover: SnapshotRemover,
    private readonly listener: BeginListener,
  ) {}

  /**
   * @throws SnapfleetError pvc_not_found, pvc_changed, pvc_terminating, not_ours, snapshot_not_ready,
   *   snapshot_controller_absent, thick_device_class, pool_headroom_missing, operation_superseded; KubernetesApiError
   */
  async run(command: Command, signal: AbortSignal): Promise<Reply> {
    const deadline = Deadline.inSeconds(command.readyDeadlineSeconds);
    const { snapshot, made } = await this.#adoptOrCreate(command, signal);
    this.listener.begun(snapshot, command);
    try {
      // Looked at after it was made: a removal either finds the snapshot or has left its note before.
      await this.#expectNotRemoved(command, signal);
      const ready = await awaitReady(this.cluster, snapshot, { deadline, signal });
      const content = await this.#awaitHandle(ready, deadline, signal);
      await this.#expectSameClaim(command, signal);
      const bound = boundSnapshotOf(ready, content);
      const { quiet } = command;
      if (quiet === undefined) return bound;
      return { ...bound, disturbances: await findDisturbances(this.cluster, { ...command, quiet }, deadline, signal) };
    } catch (error) {
      if (!(error instanceof SnapfleetError) || signal.aborted) throw error;
      // A take that comes once more, and late, must not remove a snapshot that is good by now; cleaning removes what is not.
      if (!made && !(await this.#isRemovedByOwn(command, signal))) throw error;
      throw await this.#afterRemoval(error, command, signal);
    }
  }

  /** Whether the operation of this take has removed its snapshot: no other one leaves just this fencing token. */
  async #isRemovedByOwn(
    { namespace, persistentVolumeClaim, fencingToken }: Command,
    signal: AbortSignal,
  ): Promise<boolean> {
    const claim = await this.cluster.claims.get({ namespace, name: persistentVolumeClaim }, { signal });
    return claim !== undefined && fencingToken !== undefined && fenceOf(claim) === fencingToken;
  }

  async #adoptOrCreate(command: Command, signal: AbortSignal): Promise<Begun> {
    const { namespace } = command;
    const key = { namespace, name: volumeSnapshotNameOf(command.restorePointId) };
    const existing = await this.cluster.snapshots.get(key, { signal });
    if (existing !== undefined) return { snapshot: expectAdoptable(existing, command), made: false };
    const claim = await this.cluster.claims.get({ namespace, name: command.persistentVolumeClaim }, { signal });
    const name = `PersistentVolumeClaim ${namespace}/${command.persistentVolumeClaim}`;
    if (claim === undefined) throw new SnapfleetError('pvc_not_found', `${name} does not exist any more`);
    if (claim.metadata.uid !== command.claimUid) throw changed(name);
    expectNotRemoved(claim, command);
    // The snapshot-controller would wait for ever: "cannot add finalizer on claim because it is being deleted".
    if (isTerminating(claim)) throw new SnapfleetError('pvc_terminating', `${name} is being deleted`);
    try {
      const snapshot = await this.cluster.snapshots.create(namespace, manifestOf(command), { signal });
      return { snapshot, made: true };
    } catch (error) {
      if (!isApiError(error, 409, 'AlreadyExists')) throw error;
      const made = await this.cluster.snapshots.get(key, { signal });
      if (made === undefined) throw error;
      return { snapshot: expectAdoptable(made, command), made: false };
    }
  }

  async #awaitHandle(
    snapshot: VolumeSnapshot,
    deadline: Deadline,
    signal: AbortSignal,
  ): Promise<VolumeSnapshotContent> {
    const name = boundContentName(snapshot) ?? '';
    const decide = (content: VolumeSnapshotContent | undefined): VolumeSnapshotContent | undefined =>
      (content?.status?.snapshotHandle ?? '') === '' ? undefined : content;
    const wait = this.cluster.snapshotContents.waitFor({ name }, decide, {
      deadlineMs: deadline.remainingMs(),
      signal,
    });
    return orOnDeadline(wait, (cause) => {
      const what = `VolumeSnapshot ${snapshot.metadata.name} is ready, but its content ${name} has no snapshotHandle`;
      return new SnapfleetError('snapshot_not_ready', what, { cause });
    });
  }

  async #expectNotRemoved(command: Command, signal: AbortSignal): Promise<void> {
    const key = { namespace: command.namespace, name: command.persistentVolumeClaim };
    expectNotRemoved(await this.cluster.claims.get(key, { signal }), command);
  }

  /** The controller finds the claim by name, perhaps long after it was looked at here. */
  async #expectSameClaim(command: Command, signal: AbortSignal): Promise<void> {
    const key = { namespace: command.namespace, name: command.persistentVolumeClaim };
    const claim = await this.cluster.claims.get(key, { signal });
    if (claim !== undefined && claim.metadata.uid !== command.claimUid) {
      throw changed(`PersistentVolumeClaim ${key.namespace}/${key.name}`);
    }
  }

  /** The error, with a word on what could not be removed. */
  async #afterRemoval(error: SnapfleetError, command: Command, signal: AbortSignal): Promise<SnapfleetError> {
    const { restorePointId, namespace, persistentVolumeClaim } = command;
    const volume = { namespace, persistentVolumeClaim };
    try {
      await this.remover.removeObjects(
        { restorePointId, ...volume, purge: true, deadlineSeconds: cleanUpSeconds },
        signal,
      );
      return error;
    } catch (failure) {
      const why = failure instanceof Error ? failure.message : String(failure);
      const message = sentence(error.message, `it is not removed yet: ${why}`);
      return new SnapfleetError(error.code, message, { cause: error, retryable: error.retryable });
    }
  }
}

/** A snapshot that is made after its removal would stay for ever. */
function expectNotRemoved(claim: PersistentVolumeClaim | undefined, { restorePointId, fencingToken }: Command): void {
  if (claim === undefined || !isFenced(claim, fencingToken)) return;
  const what = `the snapshot of restore point ${restorePointId} was removed already`;
  throw new SnapfleetError('operation_superseded', what);
}

const changed = (name: string): SnapfleetError =>
  new SnapfleetError('pvc_changed', `${name} was deleted and made again since it was looked at`);

function manifestOf(command: Command): object {
  return {
    metadata: {
      name: volumeSnapshotNameOf(command.restorePointId),
      labels: { [label.managedBy]: managedBySnapfleet, [label.restorePoint]: command.restorePointId },
      annotations: { [annotation.claimUid]: command.claimUid },
    },
    spec: {
      volumeSnapshotClassName: command.volumeSnapshotClassName,
      source: { persistentVolumeClaimName: command.persistentVolumeClaim },
    },
  };
}

/** @throws SnapfleetError not_ours, pvc_changed */
function expectAdoptable(snapshot: VolumeSnapshot, command: Command): VolumeSnapshot {
  const { name, annotations } = snapshot.metadata;
  const ours = isOurs(snapshot, { [label.restorePoint]: command.restorePointId });
  if (!ours || snapshot.spec.source.persistentVolumeClaimName !== command.persistentVolumeClaim) {
    const what = `VolumeSnapshot ${command.namespace}/${name} exists, but is not of this restore point and claim`;
    throw new SnapfleetError('not_ours', what);
  }
  if (annotations?.[annotation.claimUid] === command.claimUid) return snapshot;
  throw changed(`the claim of VolumeSnapshot ${command.namespace}/${name}`);
}
