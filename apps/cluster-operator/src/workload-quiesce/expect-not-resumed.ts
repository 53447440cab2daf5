import { SnapfleetError, type DataOf, type WorkloadQuiesce } from '@snapfleet/contracts';
import type { KubernetesObject } from '@snapfleet/kubernetes';
import { isFenced, nameOf } from '@snapfleet/workloads';

type Command = DataOf<typeof WorkloadQuiesce>;

/**
 * A quiesce that comes after the resume of its own operation, or of a later one, would take the workload away for good.
 * @throws SnapfleetError operation_superseded
 */
export function expectNotResumed(found: KubernetesObject, { operationId, fencingToken, workload }: Command): void {
  if (!isFenced(found, fencingToken)) return;
  const what = `${nameOf(workload)} was resumed by operation ${operationId}, or by a later one, already`;
  throw new SnapfleetError('operation_superseded', what);
}
