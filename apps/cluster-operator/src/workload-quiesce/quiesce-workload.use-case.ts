import { SnapfleetError, WorkloadQuiesce, type DataOf, type ReplyOf, type SavedWorkload } from '@snapfleet/contracts';
import { Deadline, isScaledToZero, isTerminating, retryOnConflict, type KubernetesObject } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { orOnDeadline } from '../failure/on-deadline.js';
import { hasEndMark } from '../marks/end-marks.js';
import { annotation } from '../marks/marks.js';
import { awaitNoUsers } from '../workload/awaiting-users.js';
import { markPatch, readQuiesceMark } from '../workload/quiesce-mark.js';
import { expectSame, nameOf } from '../workload/same-workload.js';

type Command = DataOf<typeof WorkloadQuiesce>;
type Scalable = Exclude<SavedWorkload, { kind: 'Pod' }>;

/**
 * Takes the workload away from its claim. What is needed to put it back is written on the workload before it is scaled, so
 * that a crash at any moment loses nothing; run again, it goes on from what it finds.
 */
export class QuiesceWorkloadUseCase {
  constructor(
    private readonly cluster: Cluster,
    private readonly now: () => Date,
  ) {}

  /** @throws SnapfleetError workload_not_found, workload_conflict, workload_not_gone, operation_superseded; KubernetesApiError */
  async run(command: Command, signal: AbortSignal): Promise<ReplyOf<typeof WorkloadQuiesce>> {
    const deadline = Deadline.inSeconds(command.deadlineSeconds);
    const { workload } = command;
    if (workload.kind === 'Pod') {
      await retryOnConflict(() => this.#deletePod(command, signal), signal);
      await awaitNoUsers(this.cluster, command, deadline, signal);
    } else {
      await retryOnConflict(() => this.#scaleToZero(command, workload, signal), signal);
      await this.#awaitScaled(command, workload, deadline, signal);
      await awaitNoUsers(this.cluster, command, deadline, signal);
      await this.#expectStillAway(command, workload, signal);
    }
    return { quiescedAt: this.now().toISOString() };
  }

  async #deletePod(command: Command, signal: AbortSignal): Promise<void> {
    const key = { namespace: command.namespace, name: command.workload.name };
    const pod = await this.cluster.pods.get(key, { signal });
    // Gone already: deleted by the run before this one, or by somebody else; the saved manifest brings it back.
    if (pod === undefined) return;
    const same = expectSame(pod, command.workload);
    if (isTerminating(same)) return;
    expectNotResumed(same, command);
    const { uid, resourceVersion } = same.metadata;
    await this.cluster.pods.remove(key, uid, { resourceVersion, signal });
  }

  /** The mark comes first, and both writes only on the version that was read: the saved number is the true one. */
  async #scaleToZero(command: Command, workload: Scalable, signal: AbortSignal): Promise<void> {
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
    const wanted = { operationId: command.operationId, replicas };
    const written = mark?.operationId === wanted.operationId && mark.replicas === replicas;
    const marked = written ? found : await api.patch(key, markPatch(found, wanted), { signal });
    await api.scale(marked, 0, { signal });
  }

  /** Its controller must have counted down, or it might still create a Pod after none was seen. */
  async #awaitScaled(command: Command, workload: Scalable, deadline: Deadline, signal: AbortSignal): Promise<void> {
    const key = { namespace: command.namespace, name: workload.name };
    const wait = this.cluster.workloads[workload.kind].waitFor(
      key,
      (found) => {
        const same = expectSame(found, workload);
        if (same.spec.replicas !== 0) throw scaledByOthers(workload, same.spec.replicas);
        return isScaledToZero(same) ? true : undefined;
      },
      { deadlineMs: deadline.remainingMs(), signal },
    );
    await orOnDeadline(wait, (cause) => {
      const what = `${nameOf(workload)} did not scale down within ${deadline.toString()}: is its controller running?`;
      return new SnapfleetError('workload_not_gone', what, { cause });
    });
  }

  async #expectStillAway(command: Command, workload: Scalable, signal: AbortSignal): Promise<void> {
    const key = { namespace: command.namespace, name: workload.name };
    const same = expectSame(await this.cluster.workloads[workload.kind].get(key, { signal }), workload);
    if (same.spec.replicas !== 0) throw scaledByOthers(workload, same.spec.replicas);
  }
}

/** A quiesce that comes after the resume of its own operation would take the workload away for good. */
function expectNotResumed(found: KubernetesObject, { operationId, workload }: Command): void {
  if (!hasEndMark(found, annotation.resumed, operationId)) return;
  const what = `${nameOf(workload)} was resumed by operation ${operationId} already`;
  throw new SnapfleetError('operation_superseded', what);
}

function scaledByOthers(workload: Scalable, replicas: number): SnapfleetError {
  const what = `${nameOf(workload)} was scaled to ${String(replicas)} by somebody else while it was being quiesced`;
  return new SnapfleetError('workload_conflict', what);
}
