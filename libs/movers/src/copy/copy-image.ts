import { open } from 'node:fs/promises';
import { SnapfleetError } from '@snapfleet/contracts';
import type { MoverProgress } from '../mover.js';

const chunkBytes = 1 << 20;
const holeBytes = 1 << 16;
const unreadable =
  (source: string) =>
  (cause: unknown): never => {
    throw new SnapfleetError('source_unreadable', `${source} cannot be read: ${String(cause)}`, { cause });
  };
const zeros = Buffer.alloc(holeBytes);

/**
 * Copies a device or an image into a new image, durably; where the source is zero, the image has a hole.
 * @returns bytes that were written
 */
export async function copyImage(
  source: string,
  image: string,
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress?: (progress: MoverProgress) => void },
): Promise<number> {
  const from = await open(source, 'r').catch(unreadable(source));
  try {
    const to = await open(image, 'wx', 0o600);
    try {
      const buffer = Buffer.allocUnsafe(chunkBytes);
      let size = 0;
      let written = 0;
      for (;;) {
        signal.throwIfAborted();
        const { bytesRead } = await from.read(buffer, 0, chunkBytes, null).catch(unreadable(source));
        if (bytesRead === 0) break;
        for (let at = 0; at < bytesRead; at += holeBytes) {
          const piece = buffer.subarray(at, Math.min(at + holeBytes, bytesRead));
          if (piece.equals(zeros.subarray(0, piece.length))) continue;
          await to.write(piece, 0, piece.length, size + at);
          written += piece.length;
        }
        size += bytesRead;
        onProgress?.({ bytesDone: size, filesDone: 0 });
      }
      await to.truncate(size);
      await to.sync();
      return written;
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}
