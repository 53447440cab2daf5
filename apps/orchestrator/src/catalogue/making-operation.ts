import { OperationId, type RestorePoint } from '@snapfleet/contracts';

/** The operation that made, or makes, a restore point: the one of its group, or else its own. */
export const makingOperationOf = ({ restorePointId, group }: RestorePoint): OperationId =>
  group?.groupId ?? OperationId.parse(restorePointId);
