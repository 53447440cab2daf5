import type { FencingToken, Namespace, OperationId, SavedWorkload } from '@snapfleet/contracts';

/** A workload that an operation takes away, as it was before. */
export interface QuiescedWorkload {
  readonly operationId: OperationId;
  /** Absent where a former version took it away: then nothing is noted. */
  readonly fencingToken?: FencingToken | undefined;
  readonly namespace: Namespace;
  readonly workload: SavedWorkload;
}
