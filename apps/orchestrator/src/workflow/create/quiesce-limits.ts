import type { SnapshotPolicy } from '@snapfleet/contracts';

/** How long a quiesce may take, and how long the workload may be away; without a cold quiesce there is neither. */
export function quiesceLimits({ quiesce }: SnapshotPolicy): {
  readonly deadlineSeconds: number;
  readonly maximumDowntimeSeconds?: number;
} {
  if (quiesce.level !== 'cold') return { deadlineSeconds: 0 };
  const { deadlineSeconds, maximumDowntimeSeconds } = quiesce;
  return { deadlineSeconds, maximumDowntimeSeconds };
}
