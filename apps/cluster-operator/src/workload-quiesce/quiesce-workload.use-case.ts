import {
  SnapfleetError,
  WorkloadQuiesce,
  type DataOf,
  type ObjectUid,
  type ReplyOf,
  type SavedWorkload,
  type VolumeReference,
} from '@snapfleet/contracts';
import { Deadline, isScaledToZero, orOnDeadline, retryOnConflict, type ScalableWorkload } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { expectSame, isFenced, markPatch, nameOf, readQuiesceMark, type WorkloadGuard } from '@snapfleet/workloads';
import { timerKeyOf } from '../workload-guard/timer-key.js';
import { awaitNoUsers } from '../workload/awaiting-users.js';
import { endedPodUids, podsNaming } from '../workload/pod-ownership.js';
import { expectNotResumed } from './expect-not-resumed.js';
import { TakePodAway } from './take-pod-away.js';

type Command = DataOf<typeof WorkloadQuiesce>;
type Scalable = Exclude<SavedWorkload, { kind: 'Pod' }>;

const millisecondsOfSecond = 1000;

/**
 * Takes the workload away from its claim. The dead-man timer is armed first, in another process, and what is needed to put
 * it back is written on the workload before it is scaled, so that a crash at any moment loses nothing; run again, it goes on
 * from what it finds.
 */
export class QuiesceWorkloadUseCase {
  constructor(
    private readonly cluster: Cluster,
    private readonly guard: WorkloadGuard,
    private readonly now: () => Date,
    /** How long a guard that does not answer, for example because it starts again, is asked again. */
    private readonly guardSeconds = 15,
  ) {}

  /**
   * @throws SnapfleetError guard_unavailable, workload_not_recreatable, with nothing touched; workload_not_found,
   *   workload_conflict, workload_not_gone, operation_superseded, deadline_exceeded; KubernetesApiError
   */
  async run(command: Command, signal: AbortSignal): Promise<ReplyOf<typeof WorkloadQuiesce>> {
    const deadline = Deadline.inSeconds(command.deadlineSeconds);
    const { workload } = command;
    let generation: number | undefined;
    if (workload.kind === 'Pod') {
      const limits = { deadline, guardMs: this.#guardMs(command), signal };
      const take = new TakePodAway(this.cluster, this.guard, { ...command, workload }, limits);
      await take.run(() => this.#arm(command, signal));
      await this.#awaitNoUsers(command, deadline, signal);
    } else {
      const { dueAt } = await this.#arm(command, signal);
      await retryOnConflict(() => this.#scaleToZero(command, workload, dueAt, signal), signal);
      generation = await this.#awaitScaled(command, workload, deadline, signal);
      await this.#awaitNoUsers(command, deadline, signal);
      await this.#expectStillAway(command, workload, signal);
    }
    return {
      quiescedAt: this.now().toISOString(),
      ...(generation === undefined ? {} : { generation }),
      endedPodUids: await this.#ended(command, signal),
    };
  }

  async #awaitNoUsers(command: Command, deadline: Deadline, signal: AbortSignal): Promise<void> {
    await Promise.all(claimsOf(command).map((claim) => awaitNoUsers(this.cluster, claim, deadline, signal)));
  }

  /** Looked at when nobody uses the claims any more: what has ended by then did not write during the cut. */
  async #ended(command: Command, signal: AbortSignal): Promise<ObjectUid[]> {
    const found = await Promise.all(claimsOf(command).map((claim) => podsNaming(this.cluster, claim, signal)));
    return [...new Set(endedPodUids(found.flat()))];
  }

  #arm(command: Command, signal: AbortSignal): Promise<{ readonly dueAt: string }> {
    const { namespace, fencingToken, workload, maximumDowntimeSeconds } = command;
    const order = { namespace, fencingToken, workload, maximumDowntimeSeconds };
    return this.guard.arm(timerKeyOf(command), order, { patienceMs: this.#guardMs(command), signal });
  }

  #guardMs({ deadlineSeconds }: Command): number {
    return Math.min(this.guardSeconds, deadlineSeconds) * millisecondsOfSecond;
  }

  /** The mark comes first, and both writes only on the version that was read: the saved number is the true one. */
  async #scaleToZero(command: Command, workload: Scalable, dueAt: string, signal: AbortSignal): Promise<void> {
    const key = { namespace: command.namespace, name: workload.name };
    const api = this.cluster.workloads[workload.kind];
    const found = expectSame(await api.get(key, { signal }), workload);
    expectNotResumed(found, command);
    const { replicas } = found.spec;
    const mark = readQuiesceMark(found);
    if (replicas === 0) {
      if (mark === undefined || mark.operationId === command.operationId) return;
      const what = `${nameOf(workload)} is held at 0 replicas by operation ${mark.operationId} (of ${String(mark.replicas)})`;
      throw new SnapfleetError('workload_conflict', what);
    }
    const { operationId, fencingToken, maximumDowntimeSeconds } = command;
    const wanted = { operationId, fencingToken, replicas, maximumDowntimeSeconds, dueAt };
    const written = mark?.operationId === wanted.operationId && mark.replicas === replicas;
    const marked = written ? found : await api.patch(key, markPatch(found, wanted), { signal });
    await api.scale(marked, 0, { signal });
  }

  /** Its controller must have counted down, or it might still create a Pod after none was seen. @returns the generation */
  async #awaitScaled(
    command: Command,
    workload: Scalable,
    deadline: Deadline,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const key = { namespace: command.namespace, name: workload.name };
    const wait = this.cluster.workloads[workload.kind].waitFor(
      key,
      (found) => {
        const same = expectSame(found, workload);
        expectStillZero(same, command, workload);
        return isScaledToZero(same) ? { generation: same.metadata.generation } : undefined;
      },
      { deadlineMs: deadline.remainingMs(), signal },
    );
    const { generation } = await orOnDeadline(wait, (cause) => {
      const what = `${nameOf(workload)} did not scale down within ${deadline.toString()}: is its controller running?`;
      return new SnapfleetError('workload_not_gone', what, { cause });
    });
    return generation;
  }

  async #expectStillAway(command: Command, workload: Scalable, signal: AbortSignal): Promise<void> {
    const key = { namespace: command.namespace, name: workload.name };
    const same = expectSame(await this.cluster.workloads[workload.kind].get(key, { signal }), workload);
    expectStillZero(same, command, workload);
  }
}

const claimsOf = ({ namespace, persistentVolumeClaim, otherClaims }: Command): VolumeReference[] =>
  [persistentVolumeClaim, ...otherClaims].map((claim) => ({ namespace, persistentVolumeClaim: claim }));

/** The dead-man timer may bring it back while it is still being quiesced, and so may anybody else. */
function expectStillZero(found: ScalableWorkload, command: Command, workload: Scalable): void {
  const { replicas } = found.spec;
  if (replicas === 0) return;
  if (isFenced(found, command.fencingToken)) {
    const most = `its maximum downtime is ${String(command.maximumDowntimeSeconds)} s`;
    const what = `${nameOf(workload)} was brought back while it was still being quiesced: ${most}`;
    throw new SnapfleetError('operation_superseded', what);
  }
  const what = `${nameOf(workload)} was scaled to ${String(replicas)} by somebody else while it was being quiesced`;
  throw new SnapfleetError('workload_conflict', what);
}
