import { execa } from 'execa';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { UndoStack } from './real-device/undo-stack.js';
import { serviceUid } from './services.js';

const size = '24m';
const chunk = Buffer.alloc(64 * 1024);

/** Mounts a small file system of the services' user at a directory, until the stack is unwound. */
export async function mountSmallDisk(directory: string, undo: UndoStack): Promise<SmallDisk> {
  const owner = `uid=${String(serviceUid)},gid=${String(serviceUid)},mode=700`;
  await execa('mount', ['-t', 'tmpfs', '-o', `size=${size},${owner}`, 'tmpfs', directory], { stdin: 'ignore' });
  // Lazily: whoever still uses it keeps nothing else from being undone.
  undo.push(async () => {
    await execa('umount', ['--lazy', directory], { stdin: 'ignore' });
  });
  return new SmallDisk(directory);
}

/** A file system on which space can be taken away, and given back. */
export class SmallDisk {
  readonly #filler: string;

  constructor(readonly directory: string) {
    this.#filler = join(directory, 'filler');
  }

  /** Takes all space that is left. */
  fill(): void {
    const file = openSync(this.#filler, 'a');
    try {
      for (;;) writeSync(file, chunk);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    } finally {
      closeSync(file);
    }
  }

  /** Gives it back. */
  empty(): void {
    rmSync(this.#filler, { force: true });
  }
}
