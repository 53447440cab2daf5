import type { TimerKey } from '@snapfleet/workloads';
import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { isOpen, Timer, type OpenTimer } from './timer.js';

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const corrupt: ReadonlySet<number> = new Set([11, 26]);
/** The code without what an extended one adds, such as SQLITE_CORRUPT_INDEX (sqlite.org/rescode.html). */
const primaryCode = 0xff;

const schema = `
  CREATE TABLE IF NOT EXISTS timer (
    operation_id TEXT NOT NULL,
    workload_uid TEXT NOT NULL,
    open INTEGER NOT NULL,
    changed INTEGER NOT NULL UNIQUE,
    record TEXT NOT NULL,
    PRIMARY KEY (operation_id, workload_uid)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS timer_open ON timer (changed) WHERE open = 1;
`;

/** What tests set otherwise. */
interface StoreOptions {
  /** How long another process that has the file is waited for. */
  readonly lockMs?: number;
  /** How many ended timers are remembered; the newest. Commands expire, so older ones are asked for by nobody. */
  readonly mostEnded?: number;
  /** Told when the file is found damaged while it is open: only the next opening puts it aside. */
  readonly onDamage?: (error: unknown) => void;
}

const Row = z.object({ record: z.string() });
const CheckRow = z.object({ quick_check: z.string() });
const SqliteError = z.object({ errcode: z.number() });

/**
 * The timers in one SQLite file. `synchronous=FULL` makes a commit survive a power cut (sqlite.org/pragma.html), and
 * `locking_mode=EXCLUSIVE` keeps a second guard off for as long as this process lives.
 */
export class TimerStore {
  private constructor(
    private readonly database: DatabaseSync,
    /** Where a file that could not be read was put, so that a new one could be begun. */
    readonly brokenFile: string | undefined,
    private readonly mostEnded: number,
    private readonly onDamage: (error: unknown) => void,
  ) {}

  /**
   * Opens the file in this directory, or makes both. A file that is damaged is put aside: a guard that does not start
   * would guard nothing, and the marks on the workloads are its second source.
   * @throws Error when another process has it, or the disk does not take it
   */
  static open(
    directory: string,
    { lockMs = 5_000, mostEnded = 1_000, onDamage = ignore }: StoreOptions = {},
  ): TimerStore {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const file = join(directory, 'timers.sqlite');
    let brokenFile: string | undefined;
    let database: DatabaseSync;
    try {
      database = openDatabase(file, lockMs);
    } catch (error) {
      if (!isDamage(error)) throw error;
      brokenFile = putAside(file);
      database = openDatabase(file, lockMs);
    }
    // SQLite syncs what is in the directory, but not the directory's own name.
    for (const path of [directory, dirname(directory)]) syncDirectory(path);
    return new TimerStore(database, brokenFile, mostEnded, onDamage);
  }

  find({ operationId, workloadUid }: TimerKey): Timer | undefined {
    const row = this.intact(() =>
      this.database
        .prepare('SELECT record FROM timer WHERE operation_id = ? AND workload_uid = ?')
        .get(operationId, workloadUid),
    );
    return row === undefined ? undefined : Timer.parse(JSON.parse(Row.parse(row).record));
  }

  /** The timers whose workloads may still have to be brought back, the oldest first; those of a later version left out. */
  open(): OpenTimer[] {
    const rows = this.intact(() =>
      this.database.prepare('SELECT record FROM timer WHERE open = 1 ORDER BY changed').all(),
    );
    const timers = rows.map((row) => Timer.safeParse(JSON.parse(Row.parse(row).record)).data);
    return timers.filter(isOpen);
  }

  /** When it returns, the timer is on the disk. */
  save(timer: Timer): void {
    this.intact(() => {
      this.write(timer);
    });
  }

  close(): void {
    this.database.close();
  }

  private write(timer: Timer): void {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      this.database
        .prepare(
          `INSERT OR REPLACE INTO timer (operation_id, workload_uid, open, record, changed)
           VALUES (?, ?, ?, ?, (SELECT COALESCE(MAX(changed), 0) + 1 FROM timer))`,
        )
        .run(timer.operationId, timer.workloadUid, isOpen(timer) ? 1 : 0, JSON.stringify(timer));
      this.database
        .prepare(
          `DELETE FROM timer WHERE open = 0
           AND changed NOT IN (SELECT changed FROM timer WHERE open = 0 ORDER BY changed DESC LIMIT ?)`,
        )
        .run(this.mostEnded);
      this.database.exec('COMMIT');
    } catch (error) {
      // SQLite rolls back by itself on some errors, such as a full disk.
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
      throw error;
    }
  }

  private intact<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (isDamage(error)) this.onDamage(error);
      throw error;
    }
  }
}

const ignore = (): void => undefined;

function isDamage(error: unknown): boolean {
  return corrupt.has((SqliteError.safeParse(error).data?.errcode ?? 0) & primaryCode);
}

function openDatabase(file: string, timeout: number): DatabaseSync {
  const database = new DatabaseSync(file, { timeout });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    database.exec(schema);
    const { quick_check: verdict } = CheckRow.parse(database.prepare('PRAGMA quick_check(1)').get());
    if (verdict !== 'ok') throw Object.assign(new Error(`${file}: ${verdict}`), { errcode: 11 });
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function putAside(file: string): string {
  const aside = `${file}.broken-${randomUUID()}`;
  for (const suffix of ['-wal', '-shm', '']) {
    if (existsSync(`${file}${suffix}`)) renameSync(`${file}${suffix}`, `${aside}${suffix}`);
  }
  return aside;
}

function syncDirectory(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
