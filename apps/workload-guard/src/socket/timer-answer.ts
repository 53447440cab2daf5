import type { TimerAnswer } from '@snapfleet/workloads';
import type { Timer } from '../timers/timer.js';
import type { Timers } from '../timers/timers.js';

/** A timer as its clients see it: without the saved workload. */
export function answerOf(timer: Timer, timers: Timers): TimerAnswer {
  const { operationId } = timer;
  if (timer.state === 'disarmed') {
    const { wasArmed, downtimeMs } = timer;
    return { state: timer.state, operationId, wasArmed, downtimeMs };
  }
  const { state, namespace, workloadUid: uid } = timer;
  if (state === 'brought-back') {
    const { at, replicas, conflict, readySnapshots, downtimeMs } = timer;
    const workload = { ...timer.workload, uid };
    return { state, operationId, namespace, workload, at, replicas, conflict, readySnapshots, downtimeMs };
  }
  const { kind, name } = timer.saved;
  const about = { operationId, namespace, workload: { kind, name, uid } };
  if (state === 'firing') return { state, ...about, begunAt: timer.begunAt };
  return { state, ...about, dueAt: timer.dueAt, remainingMs: Math.round(timers.remainingMs(timer)) };
}
