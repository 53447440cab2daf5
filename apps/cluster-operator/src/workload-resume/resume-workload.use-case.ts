import { SnapfleetError, WorkloadResume, type DataOf, type ReplyOf } from '@snapfleet/contracts';
import { Deadline } from '@snapfleet/kubernetes';
import type { Resumed, ResumeWorkload, TimerAnswer, WorkloadGuard } from '@snapfleet/workloads';
import { downtimeOf, orSilent, proofOf } from '../workload-guard/timer-end.js';
import { timerKeyOf } from '../workload-guard/timer-key.js';

type Command = DataOf<typeof WorkloadResume>;
type Reply = ReplyOf<typeof WorkloadResume>;
type BroughtBack = Extract<TimerAnswer, { state: 'brought-back' }>;

/**
 * Puts a workload back and ends its dead-man timer. Where the timer was faster, what the workload guard did is told and
 * nothing is done again: what somebody has made of the workload since is theirs.
 */
export class ResumeWorkloadUseCase {
  constructor(
    private readonly workloads: ResumeWorkload,
    private readonly guard: WorkloadGuard,
    /** How long a guard that does not answer is asked again. */
    private readonly guardSeconds = 10,
  ) {}

  /** @throws SnapfleetError workload_not_gone (try again); KubernetesApiError */
  async run(command: Command, signal: AbortSignal): Promise<Reply> {
    const patience = Deadline.inSeconds(this.guardSeconds);
    const asked = (): { patienceMs: number; signal: AbortSignal } => ({ patienceMs: patience.remainingMs(), signal });
    const key = timerKeyOf(command);
    const before = await orSilent(this.guard.find(key, asked()));
    if (!(before instanceof SnapfleetError) && before?.state === 'brought-back') return replyOf(before);
    const resumed = await this.#putBack(command, before, signal);
    const after = await orSilent(this.guard.disarm(key, asked()));
    if (!(after instanceof SnapfleetError) && after.state === 'brought-back') return replyOf(after, resumed);
    return { ...resumed, ...proofOf(after) };
  }

  /** A timer ends when its workload is back, or was not taken away: a bare Pod that is not there then was deleted by others. */
  #putBack(command: Command, timer: TimerAnswer | SnapfleetError | undefined, signal: AbortSignal): Promise<Resumed> {
    const { workload } = command;
    const ended = timer !== undefined && !(timer instanceof SnapfleetError) && timer.state === 'disarmed';
    return ended && workload.kind === 'Pod'
      ? this.workloads.leave(command, workload, signal)
      : this.workloads.run(command, signal);
  }
}

/** @param resumed what was found after the guard, where it had not told its own outcome */
function replyOf(end: BroughtBack, resumed?: Resumed): Reply {
  const { at, readySnapshots, replicas, conflict } = end;
  const known = replicas !== undefined || conflict !== undefined;
  const told = known ? { replicas, conflict } : { replicas: resumed?.replicas, conflict: resumed?.conflict };
  return {
    resumedAt: at,
    ...(told.replicas === undefined ? {} : { replicas: told.replicas }),
    ...(told.conflict === undefined ? {} : { conflict: told.conflict }),
    broughtBack: { by: 'dead-man-timer', at, readySnapshots },
    ...downtimeOf(end),
  };
}
