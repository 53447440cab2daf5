import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const schema = `
  CREATE TABLE IF NOT EXISTS operation (
    operation_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    resources TEXT NOT NULL,
    restore_point_ids TEXT NOT NULL,
    command_id TEXT NOT NULL,
    traceparent TEXT,
    request_digest TEXT NOT NULL,
    state TEXT NOT NULL,
    finished INTEGER NOT NULL DEFAULT 0,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    accepted_at TEXT NOT NULL,
    fencing_token INTEGER
  ) STRICT;
  CREATE INDEX IF NOT EXISTS operation_open ON operation (accepted_at) WHERE finished = 0;
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
    published INTEGER NOT NULL DEFAULT 0,
    history INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (sequence) WHERE published = 0;
  CREATE TABLE IF NOT EXISTS fact (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS fact_place (
    restore_point_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    stream TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (restore_point_id, topic)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS snapshot_identity (
    volume_snapshot_uid TEXT PRIMARY KEY,
    restore_point_id TEXT NOT NULL,
    snapshot_handle TEXT,
    deletion_policy TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS snapshot_identity_handle ON snapshot_identity (snapshot_handle);
  CREATE TABLE IF NOT EXISTS orphan (
    orphan_id TEXT PRIMARY KEY,
    record TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    scans INTEGER NOT NULL,
    quarantined_since TEXT,
    quarantined_ms INTEGER NOT NULL
  ) STRICT;
`;

const forOwner = 0o600;

/** Another process has opened the journal since: whatever this one still wants to write is out of date. */
export class JournalTakenOverError extends Error {
  override readonly name = 'JournalTakenOverError';
}

/**
 * The durable memory of the device: operations, restore points and the events still to be published, in one SQLite
 * file. `synchronous=FULL` makes a commit survive a power cut (sqlite.org/pragma.html#pragma_synchronous).
 */
export class Journal {
  readonly database: DatabaseSync;
  private readonly epoch: number;

  /**
   * Opens the file, or makes it; `:memory:` is for unit tests. Who opened it last owns it.
   * @param onTakenOver called before a former owner is refused: a process that was paused has to end
   */
  constructor(
    file: string,
    private readonly onTakenOver: () => void = () => undefined,
  ) {
    if (file !== ':memory:') makeForOwner(file);
    this.database = new DatabaseSync(file, { timeout: 5000 });
    this.database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    this.database.exec(schema);
    this.epoch = this.whole(() => {
      this.addFencingTokens();
      const next = this.storedEpoch() + 1;
      this.setFact('epoch', String(next));
      return next;
    });
  }

  /**
   * Runs `work` in one transaction: all of it becomes durable, or nothing.
   * @throws JournalTakenOverError, and what `work` throws
   */
  transaction<Result>(work: () => Result): Result {
    return this.whole(() => {
      this.expectOwned();
      return work();
    });
  }

  /**
   * For what is done on behalf of the journal and writes nothing into it.
   * @throws JournalTakenOverError
   */
  expectOwned(): void {
    const stored = this.storedEpoch();
    if (stored === this.epoch) return;
    this.onTakenOver();
    throw new JournalTakenOverError(`the journal is at epoch ${String(stored)}, this process at ${String(this.epoch)}`);
  }

  /** Something that is remembered by its name. */
  fact(name: string): string | undefined {
    const row = this.database.prepare('SELECT value FROM fact WHERE name = ?').get(name);
    return row === undefined ? undefined : String(row['value']);
  }

  /** Belongs into a transaction. */
  setFact(name: string, value: string): void {
    this.database
      .prepare('INSERT INTO fact (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value')
      .run(name, value);
  }

  close(): void {
    this.database.close();
  }

  /** Journals of former versions have no column for them. */
  private addFencingTokens(): void {
    const columns = this.database.prepare("SELECT name FROM pragma_table_info('operation')").all();
    if (columns.some(({ name }) => name === 'fencing_token')) return;
    this.database.exec('ALTER TABLE operation ADD COLUMN fencing_token INTEGER');
  }

  private storedEpoch(): number {
    return Number(this.fact('epoch') ?? 0);
  }

  private whole<Result>(work: () => Result): Result {
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
}

/** What reads and writes single rows. */
export type JournalDatabase = Pick<Journal, 'database'>;

/** What is remembered by its name. */
export type JournalFacts = Pick<Journal, 'fact' | 'setFact'>;

/** What makes several writes one. */
export type JournalTransactions = Pick<Journal, 'transaction'>;

/** What tells whether this process may still act. */
export type JournalOwnership = Pick<Journal, 'expectOwned'>;

/**
 * A saved Pod manifest may hold secrets in its environment. SQLite gives its other files the mode of the first one
 * (sqlite.org, os_unix.c, findCreateFileMode).
 */
function makeForOwner(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', forOwner));
  chmodSync(file, forOwner);
}
