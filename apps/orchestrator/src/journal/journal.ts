import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const schema = `
  CREATE TABLE IF NOT EXISTS operation (
    operation_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    volume TEXT NOT NULL,
    restore_point_id TEXT NOT NULL,
    command_id TEXT NOT NULL,
    traceparent TEXT,
    request_digest TEXT NOT NULL,
    state TEXT NOT NULL,
    finished INTEGER NOT NULL DEFAULT 0,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    accepted_at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS operation_open ON operation (volume) WHERE finished = 0;
  CREATE TABLE IF NOT EXISTS restore_point (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    restore_point_id TEXT NOT NULL UNIQUE,
    namespace TEXT NOT NULL,
    claim TEXT NOT NULL,
    phase TEXT NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS restore_point_volume ON restore_point (namespace, claim);
  CREATE TABLE IF NOT EXISTS outbox (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    data TEXT NOT NULL,
    workflow_id TEXT NOT NULL,
    causation_id TEXT NOT NULL,
    subject TEXT,
    traceparent TEXT,
    time TEXT NOT NULL,
    published INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (sequence) WHERE published = 0;
`;

const forOwner = 0o600;

/**
 * The durable memory of the device: operations, restore points and the events still to be published, in one SQLite
 * file. `synchronous=FULL` makes a commit survive a power cut (sqlite.org/pragma.html#pragma_synchronous).
 */
export class Journal {
  readonly database: DatabaseSync;

  /** Opens the file, or makes it; `:memory:` is for unit tests. */
  constructor(file: string) {
    if (file !== ':memory:') makeForOwner(file);
    this.database = new DatabaseSync(file, { timeout: 5000 });
    this.database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    this.database.exec(schema);
  }

  /** Runs `work` in one transaction: all of it becomes durable, or nothing. */
  transaction<Result>(work: () => Result): Result {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.database.exec('COMMIT');
      return result;
    } catch (error) {
      // SQLite rolls back by itself on some errors, such as a full disk.
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.database.close();
  }
}

/**
 * A saved Pod manifest may hold secrets in its environment. SQLite gives its other files the mode of the first one
 * (sqlite.org, os_unix.c, findCreateFileMode).
 */
function makeForOwner(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', forOwner));
  chmodSync(file, forOwner);
}
