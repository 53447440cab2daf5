import {
  ObjectUid,
  SnapfleetError,
  VolumeHandle,
  VolumeRestore,
  type DataOf,
  type ReplyOf,
} from '@snapfleet/contracts';
import {
  claimCapacityBytes,
  claimPhase,
  Deadline,
  isApiError,
  isTerminating,
  keyOf,
  orOnDeadline,
  volumeNameOf,
  type PersistentVolumeClaim,
  type Pod,
  type VolumeSnapshot,
} from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { asSnapfleetError } from '../failure/as-snapfleet-error.js';
import { recentWarnings, sentence } from '../failure/recent-warnings.js';
import { expectNotAbandoned } from './abandoned-restores.js';
import { cleanUpAfter, removeConsumer } from './clean-up.js';
import type { Consumer } from './consumer.js';
import {
  claimManifest,
  expectOwnClaim,
  readRestoredMark,
  restoredPatch,
  type AssertionOutcome,
} from './restored-claim.js';
import { expandClaim, expectExpandable } from './expand-claim.js';

type Command = DataOf<typeof VolumeRestore>;
type Reply = ReplyOf<typeof VolumeRestore>;

/** Restores a VolumeSnapshot into a claim of its size, lets a Pod use it, and expands it afterwards where asked. */
export class RestoreVolumeUseCase {
  constructor(
    private readonly cluster: Cluster,
    private readonly consumer: Consumer,
  ) {}

  /**
   * @throws SnapfleetError target_exists, restore_size_too_small, snapshot_not_found, restore_not_bound, consumer_not_ready,
   *   operation_superseded, not_ours, invalid_message (the class cannot expand), internal (what Kubernetes said); KubernetesApiError
   */
  async run(command: Command, signal: AbortSignal): Promise<Reply> {
    const deadline = Deadline.inSeconds(command.deadlineSeconds);
    await expectExpandable(this.cluster, command, signal);
    let claim: PersistentVolumeClaim | undefined;
    try {
      claim = await this.#adoptOrCreate(command, signal);
      // A cancel that came before this write could not end it, and one that comes after it removes it.
      expectNotAbandoned(await this.#snapshot(command, signal), command.operationId);
      const done = readRestoredMark(claim);
      const assertion = done === undefined ? await this.#use(claim, command, deadline, signal) : done.assertion;
      await removeConsumer(this.cluster, command, deadline, signal);
      await expandClaim(this.cluster, claim, command, deadline, signal);
      return await this.#reply(command, assertion, signal);
    } catch (error) {
      // The service stops: the command comes again and goes on with what is there.
      if (signal.aborted) throw error;
      // Refused before anything was made; an answer that was lost may have made the claim.
      if (claim === undefined && error instanceof SnapfleetError) throw error;
      throw await cleanUpAfter(this.cluster, asSnapfleetError(error), command, signal);
    }
  }

  async #adoptOrCreate(command: Command, signal: AbortSignal): Promise<PersistentVolumeClaim> {
    const { namespace } = command;
    const key = { namespace, name: command.targetClaim };
    const existing = await this.cluster.claims.get(key, { signal });
    if (existing !== undefined) return expectOwnClaim(existing, command);
    const { volumeSnapshotName: name, volumeSnapshotUid } = command.snapshot;
    const snapshot = await this.#snapshot(command, signal);
    expectNotAbandoned(snapshot, command.operationId);
    if (snapshot?.metadata.uid !== volumeSnapshotUid || isTerminating(snapshot)) {
      const what = `VolumeSnapshot ${namespace}/${name} is gone, being deleted, or another one than was made`;
      throw new SnapfleetError('snapshot_not_found', what);
    }
    try {
      return await this.cluster.claims.create(namespace, claimManifest(command), { signal });
    } catch (error) {
      if (!isApiError(error, 409, 'AlreadyExists')) throw error;
      const made = await this.cluster.claims.get(key, { signal });
      if (made === undefined) throw error;
      return expectOwnClaim(made, command);
    }
  }

  #snapshot({ namespace, snapshot }: Command, signal: AbortSignal): Promise<VolumeSnapshot | undefined> {
    return this.cluster.snapshots.get({ namespace, name: snapshot.volumeSnapshotName }, { signal });
  }

  /** The class waits for a first consumer, so the Pod comes before the binding. */
  async #use(
    claim: PersistentVolumeClaim,
    command: Command,
    deadline: Deadline,
    signal: AbortSignal,
  ): Promise<AssertionOutcome | undefined> {
    const pod = await this.consumer.start(command, signal);
    await this.#awaitBound(claim, pod, deadline, signal);
    const outcome = await this.consumer.awaitUse(pod, command, deadline, signal);
    const mark = outcome === undefined ? {} : { assertion: outcome };
    await this.cluster.claims.patch(keyOf(claim), restoredPatch(claim, mark), { signal });
    return outcome;
  }

  async #awaitBound(claim: PersistentVolumeClaim, pod: Pod, deadline: Deadline, signal: AbortSignal): Promise<void> {
    const { name, uid, namespace = '' } = claim.metadata;
    let last = claim;
    const decide = (found: PersistentVolumeClaim | undefined): true | undefined => {
      if (found?.metadata.uid !== uid || isTerminating(found)) {
        throw new SnapfleetError(
          'restore_not_bound',
          `PersistentVolumeClaim ${namespace}/${name} was deleted by somebody else`,
        );
      }
      last = found;
      return found.status?.phase === 'Bound' ? true : undefined;
    };
    const wait = this.cluster.claims.waitFor(keyOf(claim), decide, { deadlineMs: deadline.remainingMs(), signal });
    await orOnDeadline(wait, async (cause) => {
      const message = sentence(
        `PersistentVolumeClaim ${namespace}/${name} was ${claimPhase(last)} after ${deadline.toString()}`,
        ...(await recentWarnings(this.cluster, last)),
        ...(await recentWarnings(this.cluster, pod)),
      );
      return new SnapfleetError('restore_not_bound', message, { cause });
    });
  }

  async #reply(command: Command, assertion: AssertionOutcome | undefined, signal: AbortSignal): Promise<Reply> {
    const key = { namespace: command.namespace, name: command.targetClaim };
    const claim = await this.cluster.claims.get(key, { signal });
    const name = volumeNameOf(claim);
    const volume = name === undefined ? undefined : await this.cluster.volumes.get({ name }, { signal });
    const volumeHandle = VolumeHandle.safeParse(volume?.spec.csi?.volumeHandle);
    if (claim === undefined || !volumeHandle.success) {
      const what = `PersistentVolumeClaim ${key.namespace}/${key.name} has no TopoLVM volume behind it`;
      throw new SnapfleetError('restore_not_bound', what);
    }
    return {
      claimUid: ObjectUid.parse(claim.metadata.uid),
      volumeHandle: volumeHandle.data,
      // An expanded filesystem grows with the next mount, and the capacity is told only then.
      sizeBytes: Math.max(claimCapacityBytes(claim), command.sizeBytes ?? 0),
      ...(assertion === undefined ? {} : { assertion }),
    };
  }
}
