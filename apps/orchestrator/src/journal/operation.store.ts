import { OperationId, RestorePointId } from '@snapfleet/contracts';
import { z } from 'zod';
import type { Operation } from '../operations/operation.js';
import type { Journal } from './journal.js';

const Row = z.object({
  operation_id: OperationId,
  kind: z.enum(['create', 'restore', 'delete', 'backup', 'verify', 'purge']),
  volume: z.string(),
  restore_point_id: RestorePointId,
  command_id: z.string(),
  traceparent: z.string().nullable(),
  request_digest: z.string(),
  state: z.string(),
  finished: z.number(),
  cancel_requested: z.number(),
});

function toOperation(row: unknown): Operation {
  const {
    operation_id,
    kind,
    volume,
    restore_point_id,
    command_id,
    traceparent,
    request_digest,
    state,
    finished,
    cancel_requested,
  } = Row.parse(row);
  return {
    operationId: operation_id,
    kind,
    volume,
    restorePointId: restore_point_id,
    commandId: command_id,
    traceparent: traceparent ?? undefined,
    requestDigest: request_digest,
    state: JSON.parse(state),
    finished: finished === 1,
    cancelRequested: cancel_requested === 1,
  };
}

/** The operations in the journal. */
export class OperationStore {
  constructor(private readonly journal: Journal) {}

  /** Adds a new operation; false when there is one of that id already. */
  add(operation: Operation, acceptedAt: Date): boolean {
    const { operationId, kind, volume, restorePointId, commandId, traceparent, requestDigest, state, finished } =
      operation;
    const result = this.journal.database
      .prepare(
        `INSERT INTO operation (operation_id, kind, volume, restore_point_id, command_id, traceparent, request_digest, state, finished, accepted_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      )
      .run(
        operationId,
        kind,
        volume,
        restorePointId,
        commandId,
        traceparent ?? null,
        requestDigest,
        JSON.stringify(state),
        finished ? 1 : 0,
        acceptedAt.toISOString(),
      );
    return result.changes === 1;
  }

  find(operationId: OperationId): Operation | undefined {
    const row = this.journal.database.prepare('SELECT * FROM operation WHERE operation_id = ?').get(operationId);
    return row === undefined ? undefined : toOperation(row);
  }

  /** What has not ended yet, the oldest first. */
  open(): Operation[] {
    return this.journal.database
      .prepare('SELECT * FROM operation WHERE finished = 0 ORDER BY accepted_at, rowid')
      .all()
      .map(toOperation);
  }

  /** Whether a deletion of this restore point is under way. */
  isDeleting(restorePointId: RestorePointId): boolean {
    return this.open().some((operation) => operation.kind === 'delete' && operation.restorePointId === restorePointId);
  }

  save(operationId: OperationId, state: unknown, finished: boolean): void {
    this.journal.database
      .prepare('UPDATE operation SET state = ?, finished = ? WHERE operation_id = ?')
      .run(JSON.stringify(state), finished ? 1 : 0, operationId);
  }

  requestCancel(operationId: OperationId): void {
    this.journal.database.prepare('UPDATE operation SET cancel_requested = 1 WHERE operation_id = ?').run(operationId);
  }
}
