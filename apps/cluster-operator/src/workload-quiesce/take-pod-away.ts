import { SnapfleetError, type DataOf, type WorkloadQuiesce } from '@snapfleet/contracts';
import {
  describePod,
  hasEnded,
  isTerminating,
  retryOnConflict,
  type Deadline,
  type ObjectKey,
  type Pod,
} from '@snapfleet/kubernetes';
import { expectRecreation, notSame, recreationOf, type BarePod, type WorkloadGuard } from '@snapfleet/workloads';
import type { Cluster } from '../cluster-access.js';
import { orSilent } from '../workload-guard/timer-end.js';
import { timerKeyOf } from '../workload-guard/timer-key.js';
import { tryMs } from '../workload/try-deadline.js';
import { expectNotResumed } from './expect-not-resumed.js';
import { isTakingNoted, noteTaking } from './pod-taken-note.js';

type Command = DataOf<typeof WorkloadQuiesce> & { readonly workload: BarePod };
type Arm = () => Promise<unknown>;

interface Limits {
  readonly deadline: Deadline;
  /** How long a guard that does not answer is asked again. */
  readonly guardMs: number;
  readonly signal: AbortSignal;
}

/**
 * Takes a bare Pod away, which nothing but its saved manifest brings back: only one that could be made again, that is there and
 * has not ended. From the moment in which it may have been deleted by this operation, its absence is taken for our doing.
 */
export class TakePodAway {
  constructor(
    private readonly cluster: Cluster,
    private readonly guard: WorkloadGuard,
    private readonly command: Command,
    private readonly limits: Limits,
  ) {}

  /**
   * @throws SnapfleetError workload_not_found, workload_conflict, workload_not_recreatable, each with the Pod as it was found;
   *   guard_unavailable, operation_superseded, deadline_exceeded; KubernetesApiError
   */
  async run(arm: Arm): Promise<void> {
    const { signal } = this.limits;
    let begun = await this.#isBegun(arm);
    const found = await this.#look(begun);
    const first = !begun;
    const attempt = (work: Arm): Promise<unknown> => (first ? this.#orRefuse(work) : work());
    if (found !== undefined) await attempt(() => this.#expectRecreation());
    await attempt(arm);
    await noteTaking(this.cluster, this.command, signal);
    await retryOnConflict(async () => {
      const present = await this.#look(begun);
      if (present === undefined) return;
      // Its answer may be lost.
      begun = true;
      const { uid, resourceVersion } = present.metadata;
      await this.cluster.pods.remove(this.#key(), uid, { resourceVersion, signal });
    }, signal);
  }

  /** Whether a run before this one may have deleted it: the guard, or the claim where the guard has lost its file, knows of it. */
  async #isBegun(arm: Arm): Promise<boolean> {
    const { guardMs: patienceMs, signal } = this.limits;
    const timer = await this.guard.find(timerKeyOf(this.command), { patienceMs, signal });
    // One that is armed keeps its time, one that has ended refuses.
    if (timer !== undefined) await arm();
    return timer !== undefined || isTakingNoted(this.cluster, this.command, signal);
  }

  /** The Pod that is to be deleted; undefined: it is gone or going, perhaps by this operation. */
  async #look(begun: boolean): Promise<Pod | undefined> {
    const { workload } = this.command;
    const found = await this.cluster.pods.get(this.#key(), { signal: this.limits.signal });
    if (found !== undefined && found.metadata.uid !== workload.uid) {
      const another = notSame(found, workload);
      if (begun) throw another;
      return this.#refuse(another);
    }
    if (found === undefined || isTerminating(found)) {
      if (begun) return undefined;
      return this.#refuse(found === undefined ? notSame(found, workload) : conflict(deletedByOthers(found)));
    }
    expectNotResumed(found, this.command);
    return hasEnded(found) ? this.#refuse(conflict(`${describePod(found)} has ended meanwhile`)) : found;
  }

  #key(): ObjectKey {
    return { namespace: this.command.namespace, name: this.command.workload.name };
  }

  async #expectRecreation(): Promise<void> {
    const { namespace, operationId, workload } = this.command;
    const { deadline, signal } = this.limits;
    const manifest = recreationOf(workload, operationId);
    const pod = { maker: 'cluster-operator', namespace, name: workload.name, manifest } as const;
    await expectRecreation(this.cluster, pod, { deadlineMs: Math.min(tryMs, deadline.remainingMs()), signal });
  }

  async #orRefuse(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof SnapfleetError && error.code === 'workload_not_recreatable') await this.#refuse(error);
      throw error;
    }
  }

  /** That its timer has ended says from now on that there is nothing to put back, whatever becomes of the Pod. */
  async #refuse(why: SnapfleetError): Promise<never> {
    const { guardMs: patienceMs, signal } = this.limits;
    await orSilent(this.guard.disarm(timerKeyOf(this.command), { patienceMs, signal }));
    throw why;
  }
}

const deletedByOthers = (pod: Pod): string => `${describePod(pod)} is being deleted by somebody else`;
const conflict = (what: string): SnapfleetError => new SnapfleetError('workload_conflict', what);
