import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LvUuid, VolumeHandle } from '@snapfleet/contracts';
import { syncDirectory, writeFileDurably } from '@snapfleet/durable-files';
import { z } from 'zod';

const Intent = z.object({
  volumeHandle: VolumeHandle,
  lvUuid: LvUuid,
  fullName: z.string(),
  begunAt: z.iso.datetime(),
});
/** A removal that was begun. */
export type RemovalIntent = z.infer<typeof Intent>;

const suffix = '.json';

/**
 * Removals that were begun and have not ended: one file each, on the disk before `lvremove` is started. After a crash they
 * tell which removals may have taken place.
 */
export class RemovalJournal {
  private constructor(private readonly directory: string) {}

  /** Opens the journal below the state directory of the service. What was not written whole was never begun: it is dropped. */
  static async open(stateDirectory: string): Promise<RemovalJournal> {
    const directory = join(stateDirectory, 'removals');
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await syncDirectory(stateDirectory);
    // Only here: later one of these may be on its way to become an entry.
    for (const name of await readdir(directory)) if (!name.endsWith(suffix)) await rm(join(directory, name));
    return new RemovalJournal(directory);
  }

  /** Resolves when the intent is on the disk. */
  async begin(intent: RemovalIntent): Promise<void> {
    await writeFileDurably(this.#pathOf(intent.lvUuid), JSON.stringify(intent));
  }

  /** The removal has ended, one way or the other. */
  async end(lvUuid: LvUuid): Promise<void> {
    await rm(this.#pathOf(lvUuid), { force: true });
  }

  /** What was begun and has not ended. A file that cannot be read was torn before its effect: it is dropped. */
  async unfinished(): Promise<readonly RemovalIntent[]> {
    const names = (await readdir(this.directory)).filter((name) => name.endsWith(suffix));
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
    return join(this.directory, `${lvUuid}${suffix}`);
  }
}

function readIntent(text: string): RemovalIntent | undefined {
  try {
    return Intent.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
