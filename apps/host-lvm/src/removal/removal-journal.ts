import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LvUuid, VolumeHandle } from '@snapfleet/contracts';
import { z } from 'zod';

const Intent = z.object({
  volumeHandle: VolumeHandle,
  lvUuid: LvUuid,
  fullName: z.string(),
  begunAt: z.iso.datetime(),
});
/** A removal that was begun. */
export type RemovalIntent = z.infer<typeof Intent>;

/**
 * Removals that were begun and have not ended: one file each, on the disk before `lvremove` is started. After a crash they
 * tell which removals may have taken place.
 */
export class RemovalJournal {
  private constructor(private readonly directory: string) {}

  /** Opens the journal below the state directory of the service. */
  static async open(stateDirectory: string): Promise<RemovalJournal> {
    const directory = join(stateDirectory, 'removals');
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await syncDirectory(stateDirectory);
    return new RemovalJournal(directory);
  }

  /** Resolves when the intent is on the disk. */
  async begin(intent: RemovalIntent): Promise<void> {
    const file = await open(this.#pathOf(intent.lvUuid), 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(intent));
      await file.sync();
    } finally {
      await file.close();
    }
    await syncDirectory(this.directory);
  }

  /** The removal has ended, one way or the other. */
  async end(lvUuid: LvUuid): Promise<void> {
    await rm(this.#pathOf(lvUuid), { force: true });
  }

  /** What was begun and has not ended. A file that a power cut tore was written before its effect: it is dropped. */
  async unfinished(): Promise<readonly RemovalIntent[]> {
    const names = await readdir(this.directory);
    const intents = await Promise.all(
      names.map(async (name) => {
        const path = join(this.directory, name);
        const intent = readIntent(await readFile(path, 'utf8'));
        if (intent === undefined) await rm(path, { force: true });
        return intent === undefined ? [] : [intent];
      }),
    );
    return intents.flat();
  }

  #pathOf(lvUuid: LvUuid): string {
    return join(this.directory, `${lvUuid}.json`);
  }
}

function readIntent(text: string): RemovalIntent | undefined {
  try {
    return Intent.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
