import { ObjectUid, SnapfleetError, type DataOf, type ReplyOf, type WorkloadRunHooks } from '@snapfleet/contracts';
import type { TimerAnswer, TimerKey, WorkloadGuard } from '@snapfleet/workloads';
import { downtimeOf, orSilent, proofOf } from '../workload-guard/timer-end.js';

type Command = DataOf<typeof WorkloadRunHooks>;
type Reply = ReplyOf<typeof WorkloadRunHooks>;

/** How long a guard that does not answer, for example because it starts again, is asked again. */
const armPatienceMs = 15_000;
const endPatienceMs = 10_000;

/** The dead-man timer of Pods that hooks hold. Commands without one are those of a policy that has no hooks to run after the cut. */
export class HooksTimer {
  constructor(private readonly guard: WorkloadGuard) {}

  /**
   * No timer, no hook: when it resolves, the hooks of after the cut are on the disk of the guard.
   * @throws SnapfleetError guard_unavailable, hooks_unsupported, operation_superseded
   */
  async arm(command: Command, signal: AbortSignal): Promise<void> {
    const { fencingToken, namespace, timer } = command;
    if (timer === undefined || timer.hooks.length === 0) return;
    const { workload, hooks: after, maximumDowntimeSeconds } = timer;
    const key = keyOf(command);
    const pods = command.pods.map(({ name, uid }) => ({ name, uid }));
    const held = { level: 'hooks' as const, ...workload, uid: key.workloadUid, pods, after };
    const order = { fencingToken, namespace, workload: held, maximumDowntimeSeconds };
    await this.guard.arm(key, order, { patienceMs: armPatienceMs, signal });
  }

  /** Ends the timer after the hooks have run, and tells in the reply what the guard had done before that. */
  async end(command: Command, reply: Reply, signal: AbortSignal): Promise<Reply> {
    if (command.timer === undefined) return reply;
    const end = await orSilent(this.guard.disarm(keyOf(command), { patienceMs: endPatienceMs, signal }));
    if (!(end instanceof SnapfleetError) && end.state === 'brought-back') return replyOf(end, reply);
    return { ...reply, ...proofOf(end) };
  }
}

/** The Pods of an operation do not change, so that the first one names its timer. */
function keyOf({ operationId, pods }: Command): TimerKey {
  return { operationId, workloadUid: ObjectUid.parse(pods[0]?.uid) };
}

function replyOf(end: Extract<TimerAnswer, { state: 'brought-back' }>, reply: Reply): Reply {
  const { at, conflict, readySnapshots } = end;
  const broughtBack = { by: 'dead-man-timer' as const, at, readySnapshots };
  // Where the hooks of the guard had failed, the application goes on only now.
  if (conflict !== undefined) return { ...reply, broughtBack };
  return { ...reply, endedAt: at, broughtBack, ...downtimeOf(end) };
}
