import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { unreadable } from './tree-walk.js';

const chunkBytes = 1 << 20;

/**
 * The sha256 of an open file, which is closed afterwards.
 * @throws SnapfleetError `source_unreadable` when it cannot be read or is written to meanwhile
 */
export async function digestFile(
  handle: FileHandle,
  path: Buffer,
  found: BigIntStats,
  signal?: AbortSignal,
): Promise<string> {
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, Number(found.size) + 1));
    let total = 0;
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null).catch((cause: unknown) => {
        throw unreadable(path, 'cannot be read', cause);
      });
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      total += bytesRead;
    }
    const after = await handle.stat({ bigint: true });
    if (BigInt(total) !== found.size || after.size !== found.size || after.mtimeNs !== found.mtimeNs)
      throw unreadable(path, 'was written to while it was read');
    return `sha256:${hash.digest('hex')}`;
  } finally {
    await handle.close();
  }
}
