import type { QuiescedWorkload, TimerKey } from '@snapfleet/workloads';

/** The dead-man timer of a workload that an operation takes away. */
export const timerKeyOf = ({ operationId, workload }: QuiescedWorkload): TimerKey => ({
  operationId,
  workloadUid: workload.uid,
});
