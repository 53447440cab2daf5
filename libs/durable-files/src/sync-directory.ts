import { open } from 'node:fs/promises';

/** Makes names that were made, changed or removed in a directory durable; a file's own `fsync` does not (fsync(2)). */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
