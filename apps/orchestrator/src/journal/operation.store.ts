import { farthestTokenAhead, FencingToken, OperationId, RestorePointId } from '@snapfleet/contracts';
import { z } from 'zod';
import type { Operation } from '../operations/operation.js';
import type { JournalDatabase, JournalFacts } from './journal.js';

const jsonText = <Schema extends z.ZodType>(schema: Schema): z.ZodPipe<z.ZodTransform<unknown, string>, Schema> =>
  z.transform((text: string): unknown => JSON.parse(text)).pipe(schema);

const Row = z
  .object({
    operation_id: OperationId,
    kind: z.enum(['create', 'restore', 'delete', 'backup', 'verify', 'purge']),
    resources: jsonText(z.array(z.string()).min(1)),
    restore_point_ids: jsonText(z.tuple([RestorePointId], RestorePointId)),
    command_id: z.string(),
    traceparent: z.string().nullable(),
    request_digest: z.string(),
    state: jsonText(z.unknown()),
    finished: z.number(),
    cancel_requested: z.number(),
    fencing_token: FencingToken.nullable(),
  })
  .transform((row): Operation => ({
    operationId: row.operation_id,
    kind: row.kind,
    resources: row.resources,
    restorePointIds: row.restore_point_ids,
    commandId: row.command_id,
    traceparent: row.traceparent ?? undefined,
    requestDigest: row.request_digest,
    state: row.state,
    finished: row.finished === 1,
    cancelRequested: row.cancel_requested === 1,
    fencingToken: row.fencing_token ?? undefined,
  }));

const lastFencingToken = 'fencing-token';

/** The operations in the journal. */
export class OperationStore {
  constructor(private readonly journal: JournalDatabase & JournalFacts) {}

  /** Adds a new operation; false when there is one of that id already. */
  add(operation: Operation, acceptedAt: Date): boolean {
    const result = this.journal.database
      .prepare(
        `INSERT INTO operation (operation_id, kind, resources, restore_point_ids, command_id, traceparent, request_digest, state, finished, accepted_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      )
      .run(
        operation.operationId,
        operation.kind,
        JSON.stringify(operation.resources),
        JSON.stringify(operation.restorePointIds),
        operation.commandId,
        operation.traceparent ?? null,
        operation.requestDigest,
        JSON.stringify(operation.state),
        operation.finished ? 1 : 0,
        acceptedAt.toISOString(),
      );
    return result.changes === 1;
  }

  find(operationId: OperationId): Operation | undefined {
    const row = this.journal.database.prepare('SELECT * FROM operation WHERE operation_id = ?').get(operationId);
    return row === undefined ? undefined : Row.parse(row);
  }

  /**
   * Gives an operation its fencing token: one higher than all that were given before, and than `found`, where this device can
   * have given that one. Belongs into a transaction.
   */
  giveFencingToken(operationId: OperationId, found = 0): FencingToken {
    const last = Number(this.journal.fact(lastFencingToken) ?? 0);
    const believed = found > last + farthestTokenAhead ? 0 : found;
    const token = FencingToken.parse(Math.max(last, believed) + 1);
    this.journal.setFact(lastFencingToken, String(token));
    this.journal.database
      .prepare('UPDATE operation SET fencing_token = ? WHERE operation_id = ?')
      .run(token, operationId);
    return token;
  }

  /** What has not ended yet, in the order in which it was accepted, whatever the clock said. */
  open(): Operation[] {
    return this.journal.database
      .prepare('SELECT * FROM operation WHERE finished = 0 ORDER BY rowid')
      .all()
      .map((row) => Row.parse(row));
  }

  /** Whether a deletion of this restore point is under way. */
  isDeleting(restorePointId: RestorePointId): boolean {
    return this.open().some(({ kind, restorePointIds }) => kind === 'delete' && restorePointIds[0] === restorePointId);
  }

  /** Whether a deletion or a purge of this restore point has ended because its VolumeSnapshot did not go. */
  hasHung(restorePointId: RestorePointId): boolean {
    const row = this.journal.database
      .prepare(
        `SELECT 1 FROM operation WHERE finished = 1 AND kind IN ('delete', 'purge')
         AND json_extract(restore_point_ids, '$[0]') = ? AND json_extract(state, '$.error.code') = 'snapshot_delete_pending'`,
      )
      .get(restorePointId);
    return row !== undefined;
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
