import { mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from './copy/rsync.js';

/** Directories for work in progress; what a killed worker left is removed at the next start. */
export class Scratch {
  /** @param prefix of the names below the root that are ours: another service may have the same root */
  constructor(
    private readonly root: string,
    private readonly prefix: string,
  ) {}

  async sweep(): Promise<void> {
    await mkdir(this.root, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.root))
      if (name.startsWith(this.prefix)) await removeTree(join(this.root, name));
  }

  /** Gives the work an empty directory, and removes it afterwards. */
  async use<T>(work: (directory: string) => Promise<T>): Promise<T> {
    await mkdir(this.root, { recursive: true, mode: 0o700 });
    const directory = await mkdtemp(join(this.root, this.prefix));
    try {
      return await work(directory);
    } finally {
      await removeTree(directory);
    }
  }
}
