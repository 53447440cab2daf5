import type { OperationId } from '@snapfleet/contracts';

/** Under which name a restore runs in this process. */
export const restoreStep = (operationId: OperationId): string => `restore ${operationId}`;
