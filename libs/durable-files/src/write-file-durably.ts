import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './sync-directory.js';

/**
 * Makes a small file, or replaces it as a whole: after a power cut it has the old content or the new one, and the new one
 * once this resolves. Mode 0600. Not for two writers of one file at a time.
 */
export async function writeFileDurably(path: string, content: string): Promise<void> {
  const partial = `${path}.partial`;
  const handle = await open(partial, 'w', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, path);
  await syncDirectory(dirname(path));
}
