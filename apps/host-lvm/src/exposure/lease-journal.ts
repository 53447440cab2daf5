import { open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { VolumeHandle } from '@snapfleet/contracts';
import { syncDirectory } from '@snapfleet/durable-files';
import { z } from 'zod';
import { noFailpoint, type Failpoint } from '../privileged/failpoint.js';

const leaseId = z.string().min(1).max(128);
const Entry = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('exposing'),
    leaseId,
    bootId: z.string(),
    volumeHandle: VolumeHandle,
    lvUuid: z.string(),
    fullName: z.string(),
    activates: z.boolean(),
  }),
  z.object({
    event: z.literal('held'),
    leaseId,
    holder: z.object({ bootId: z.string(), pid: z.number().int().positive(), startTime: z.string() }),
  }),
  z.object({ event: z.literal('concealed'), leaseId }),
]);

/** The events that are written down; failpoints are named by them. */
export const journalEvents: readonly JournalEntry['event'][] = Entry.options.map(({ shape }) => shape.event.value);

/** What is written down: the intent before the effect, the holder when it is known, the end when nothing is left. */
export type JournalEntry = z.infer<typeof Entry>;

/** A lease that has not ended in the journal. */
export interface OpenLease {
  readonly leaseId: string;
  readonly bootId: string;
  readonly volumeHandle: VolumeHandle;
  readonly lvUuid: string;
  readonly fullName: string;
  /** Whether the volume was inactive before, so that it has to be deactivated afterwards. */
  readonly activates: boolean;
  readonly holder?: { readonly bootId: string; readonly pid: number; readonly startTime: string };
}

const compactAfter = 1_000;

/**
 * The journal of leases: JSON lines, each on the disk before the effect that it announces. After a crash it tells which
 * holders and activations are ours.
 */
export class LeaseJournal {
  readonly #open = new Map<string, OpenLease>();
  /** Lines of the file that were not understood, and are left out. */
  unreadableLines = 0;
  #lines = 0;
  /** A write failed in the middle: the next line would be joined to what there is of it. */
  #torn = false;
  #file: FileHandle | undefined;
  #last: Promise<void> = Promise.resolve();

  private constructor(
    private readonly directory: string,
    private readonly failpoint: Failpoint,
  ) {}

  /** Opens the journal of an existing directory. */
  static async open(directory: string, failpoint = noFailpoint): Promise<LeaseJournal> {
    const journal = new LeaseJournal(directory, failpoint);
    for (const entry of await readEntries(join(directory, fileName)))
      if (entry === undefined) journal.unreadableLines += 1;
      else journal.#note(entry);
    await journal.#rewrite();
    return journal;
  }

  /** The leases that have not ended, in the order in which they were begun. */
  get openLeases(): readonly OpenLease[] {
    return [...this.#open.values()];
  }

  /** Whether the volume is active because of a lease of this boot that has not ended. */
  activatedByUs(lvUuid: string, bootId: string): boolean {
    return this.openLeases.some((lease) => lease.activates && lease.lvUuid === lvUuid && lease.bootId === bootId);
  }

  /** Resolves when the entry is on the disk. */
  write(entry: JournalEntry): Promise<void> {
    const written = this.#last.then(() => this.#writeNow(entry));
    this.#last = written.catch(() => undefined);
    return written;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #writeNow(entry: JournalEntry): Promise<void> {
    if (this.#file === undefined) throw new Error(`the journal in ${this.directory} is closed`);
    if (this.#torn) await this.#rewrite();
    this.failpoint(entry.event, 'before');
    this.#torn = true;
    await this.#file.appendFile(`${JSON.stringify(entry)}\n`);
    this.failpoint(entry.event, 'during');
    await this.#file.datasync();
    this.#torn = false;
    this.failpoint(entry.event, 'after');
    this.#note(entry);
    this.#lines += 1;
    if (this.#lines > compactAfter + this.#open.size * 2) await this.#rewrite();
  }

  #note(entry: JournalEntry): void {
    const known = this.#open.get(entry.leaseId);
    if (entry.event === 'exposing') {
      const { event: _, ...lease } = entry;
      this.#open.set(entry.leaseId, lease);
    } else if (entry.event === 'concealed') this.#open.delete(entry.leaseId);
    else if (known !== undefined) this.#open.set(entry.leaseId, { ...known, holder: entry.holder });
  }

  /** Replaces the file by what is still open, so that it stays small. */
  async #rewrite(): Promise<void> {
    const entries = this.openLeases.flatMap(({ holder, ...lease }): JournalEntry[] => [
      { event: 'exposing', ...lease },
      ...(holder === undefined ? [] : [{ event: 'held' as const, leaseId: lease.leaseId, holder }]),
    ]);
    const path = join(this.directory, fileName);
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await file.appendFile(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
      await file.datasync();
      await rename(`${path}.new`, path);
      await syncDirectory(this.directory);
    } catch (error) {
      await file.close();
      throw error;
    }
    await this.#file?.close();
    this.#file = file;
    this.#lines = entries.length;
    this.#torn = false;
  }
}

const fileName = 'leases.jsonl';

async function readEntries(path: string): Promise<(JournalEntry | undefined)[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n');
  // What follows the last newline was torn by a power cut before its effect was begun.
  lines.pop();
  return lines.map(entryOf);
}

function entryOf(line: string): JournalEntry | undefined {
  try {
    return Entry.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
