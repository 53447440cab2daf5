import type { Namespace, OperationId, SavedWorkload } from '@snapfleet/contracts';

/** A workload that an operation takes away, as it was before. */
export interface QuiescedWorkload {
  readonly operationId: OperationId;
  readonly namespace: Namespace;
  readonly workload: SavedWorkload;
}
