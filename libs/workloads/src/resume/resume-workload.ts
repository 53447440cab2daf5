import { SnapfleetError, type SavedWorkload } from '@snapfleet/contracts';
import {
  Deadline,
  describePod,
  isApiError,
  isTerminating,
  orOnDeadline,
  retryOnConflict,
  type KubernetesObject,
  type Pod,
} from '@snapfleet/kubernetes';
import type { WorkloadCluster } from '../access/workload-access.js';
import { fencePatch } from '../marks/fence.js';
import { markPatch } from '../marks/quiesce-mark.js';
import { workloadAnnotation } from '../marks/workload-annotations.js';
import type { QuiescedWorkload } from '../saved/quiesced-workload.js';
import { decideResume } from './decide-resume.js';
import { recreationOf, type BarePod } from './pod-recreation.js';

type Scalable = Exclude<SavedWorkload, { kind: 'Pod' }>;

/** How a workload came back. */
export interface Resumed {
  /** When it was put back. */
  readonly resumedAt: string;
  /** The replicas that it has now; absent for a bare Pod, and where it does not exist any more. */
  readonly replicas?: number;
  /** What somebody else changed meanwhile, and was left in place; at most 1,024 characters. */
  readonly conflict?: string;
}
type Restored = Omit<Resumed, 'resumedAt'>;

/**
 * Puts a workload back as it was, also when quiescing it had only half happened. What somebody else changed meanwhile is
 * left in place and told. It waits for the specification only, not for readiness.
 */
export class ResumeWorkload {
  constructor(
    private readonly cluster: WorkloadCluster,
    private readonly now: () => Date,
    /** How long a Pod that is still being deleted may take until its successor can be made. */
    private readonly podGoneSeconds = 45,
  ) {}

  /** @throws SnapfleetError workload_not_gone (try again); KubernetesApiError */
  async run(command: QuiescedWorkload, signal: AbortSignal): Promise<Resumed> {
    const { workload } = command;
    const restored =
      workload.kind === 'Pod'
        ? await this.#bringBackPod(command, workload, signal)
        : await retryOnConflict(() => this.#scaleBack(command, workload, signal), signal);
    return this.#told(restored);
  }

  /**
   * The same for a bare Pod of which nothing is left to put back: it was never taken away, or is back already. What has become of
   * it since is left and told.
   * @throws KubernetesApiError
   */
  async leave(command: QuiescedWorkload, workload: BarePod, signal: AbortSignal): Promise<Resumed> {
    const key = { namespace: command.namespace, name: workload.name };
    const found = await this.cluster.pods.get(key, { signal });
    if (found === undefined || (found.metadata.uid === workload.uid && isTerminating(found)))
      return this.#told({ conflict: `Pod ${workload.name} was deleted by somebody else, and is not made again` });
    await this.#note(found, command, signal);
    return this.#told(judge(found, command, workload));
  }

  #told({ conflict, ...rest }: Restored): Resumed {
    const told = conflict === undefined ? {} : { conflict: conflict.slice(0, 1024) };
    return { ...rest, ...told, resumedAt: this.now().toISOString() };
  }

  /**
   * The note comes first: from then on no quiesce of this operation can write any more. Then the scale, the mark removed
   * after: until it is at its number again the mark must stay.
   */
  async #scaleBack(command: QuiescedWorkload, workload: Scalable, signal: AbortSignal): Promise<Restored> {
    const key = { namespace: command.namespace, name: workload.name };
    const api = this.cluster.workloads[workload.kind];
    const present = await api.get(key, { signal });
    const decision = decideResume(present, workload, command.operationId);
    const note = present === undefined ? undefined : notePatch(present, command);
    const found = note === undefined ? present : await api.patch(key, note, { signal });
    if (found !== undefined && decision.scaleTo !== undefined) await api.scale(found, decision.scaleTo, { signal });
    if (decision.removeMark) {
      const current = decision.scaleTo === undefined ? found : await api.get(key, { signal });
      if (current !== undefined) await api.patch(key, markPatch(current, undefined), { signal });
    }
    const replicas = decision.scaleTo ?? found?.spec.replicas;
    return {
      ...(replicas === undefined ? {} : { replicas }),
      ...(decision.conflict === undefined ? {} : { conflict: decision.conflict }),
    };
  }

  async #bringBackPod(command: QuiescedWorkload, workload: BarePod, signal: AbortSignal): Promise<Restored> {
    const found = await this.#settledPod(command, workload, signal);
    if (found !== undefined) {
      await this.#note(found, command, signal);
      return judge(found, command, workload);
    }
    try {
      await this.cluster.pods.create(command.namespace, recreationOf(workload, command.operationId), { signal });
      return {};
    } catch (error) {
      // Nothing that could be tried again would bring it back.
      if (isApiError(error, 404)) return { conflict: `namespace ${command.namespace} was deleted meanwhile` };
      if (!isApiError(error, 409, 'AlreadyExists')) throw error;
      const other = await this.cluster.pods.get({ namespace: command.namespace, name: workload.name }, { signal });
      if (other !== undefined) return judge(other, command, workload);
      throw error;
    }
  }

  /** A Pod that was not deleted yet must not be deleted by a quiesce that comes late. */
  async #note(pod: Pod, command: QuiescedWorkload, signal: AbortSignal): Promise<void> {
    const key = { namespace: command.namespace, name: command.workload.name };
    await retryOnConflict(async () => {
      const found =
        pod.metadata.uid === command.workload.uid ? await this.cluster.pods.get(key, { signal }) : undefined;
      const note = found === undefined ? undefined : notePatch(found, command);
      if (note !== undefined) await this.cluster.pods.patch(key, note, { signal });
    }, signal);
  }

  /** The Pod of that name, after a deletion that is under way has ended. */
  async #settledPod(command: QuiescedWorkload, workload: BarePod, signal: AbortSignal): Promise<Pod | undefined> {
    const key = { namespace: command.namespace, name: workload.name };
    const found = await this.cluster.pods.get(key, { signal });
    if (found === undefined || found.metadata.uid !== workload.uid || !isTerminating(found)) return found;
    const deadline = Deadline.inSeconds(this.podGoneSeconds);
    let last = found;
    const wait = this.cluster.pods.waitFor(
      key,
      (pod) => {
        if (pod === undefined || pod.metadata.uid !== workload.uid) return { pod };
        last = pod;
        return undefined;
      },
      { deadlineMs: deadline.remainingMs(), signal },
    );
    const { pod } = await orOnDeadline(wait, (cause) => {
      const what = `${describePod(last)} has to be gone before it can be made again, and was not within ${deadline.toString()}`;
      return new SnapfleetError('workload_not_gone', what, { cause });
    });
    return pod;
  }
}

/** What is to be noted; undefined: it is noted already, or a quiesce of this operation refuses it by its uid. */
const notePatch = (found: KubernetesObject, { fencingToken, workload }: QuiescedWorkload): object | undefined =>
  found.metadata.uid === workload.uid ? fencePatch(found, fencingToken) : undefined;

/** A Pod that is there is the saved one, the one that we made again, or somebody else's. */
function judge(pod: Pod, { operationId }: QuiescedWorkload, workload: BarePod): Restored {
  if (pod.metadata.uid === workload.uid) return {};
  if (pod.metadata.annotations?.[workloadAnnotation.recreatedBy] === operationId) return {};
  return { conflict: `another Pod ${workload.name} was made meanwhile` };
}
