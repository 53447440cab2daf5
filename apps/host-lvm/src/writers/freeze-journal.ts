import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationId } from '@snapfleet/contracts';
import { writeFileDurably } from '@snapfleet/durable-files';
import { z } from 'zod';

const OpenFreeze = z.object({
  operationId: OperationId,
  bootId: z.string(),
  cgroups: z.array(z.object({ directory: z.string(), inode: z.number() })),
});

/** A freeze that may not have ended. */
export type OpenFreeze = z.infer<typeof OpenFreeze>;

const fileName = 'freezes.json';

/** What is frozen, on the disk before it is frozen, so that a new run of the service knows what to let go. */
export class FreezeJournal {
  private last: Promise<void> = Promise.resolve();

  private constructor(
    private readonly path: string,
    private open: readonly OpenFreeze[],
  ) {}

  /** Opens the journal of an existing directory. A torn file is none: its freeze was never begun. */
  static async open(directory: string): Promise<FreezeJournal> {
    const path = join(directory, fileName);
    const text = await readFile(path, 'utf8').catch(() => '[]');
    return new FreezeJournal(path, readOpen(text));
  }

  get openFreezes(): readonly OpenFreeze[] {
    return this.open;
  }

  add(freeze: OpenFreeze): Promise<void> {
    return this.write((open) => [...open.filter(({ operationId }) => operationId !== freeze.operationId), freeze]);
  }

  remove(operationId: OperationId): Promise<void> {
    return this.write((open) => open.filter((freeze) => freeze.operationId !== operationId));
  }

  /** One write at a time, for each replaces the file as a whole. */
  private write(change: (open: readonly OpenFreeze[]) => readonly OpenFreeze[]): Promise<void> {
    const written = this.last.then(async () => {
      this.open = change(this.open);
      await writeFileDurably(this.path, JSON.stringify(this.open));
    });
    this.last = written.catch(() => undefined);
    return written;
  }
}

function readOpen(text: string): readonly OpenFreeze[] {
  try {
    return z.array(OpenFreeze).parse(JSON.parse(text));
  } catch {
    return [];
  }
}
