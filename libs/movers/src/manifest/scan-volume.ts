import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { type ManifestSummary, SnapfleetError } from '@snapfleet/contracts';
import { readTreeAttributes } from './extended-attributes.js';
import { type ManifestEntry, rootPath } from './manifest-entry.js';
import { writeManifest } from './manifest-file.js';
import { type ScanOptions, scanTree } from './scan-tree.js';

/** What kind of volume is read: a tree of files, or a device as a whole. */
export type VolumeMode = 'Filesystem' | 'Block';

export interface VolumeScan extends ScanOptions {
  /** A directory, or for mode Block a device or an image of one. */
  readonly path: string;
  readonly volumeMode: VolumeMode;
  /** Where the manifest is written. */
  readonly manifestFile: string;
  /** For reading the extended attributes of the whole tree; default one hour. */
  readonly deadlineMs?: number;
}

const chunkBytes = 1 << 20;
const hour = 3_600_000;

/**
 * Reads a whole volume and writes its manifest.
 * @throws SnapfleetError `source_unreadable` naming the path
 */
export async function scanVolume(scan: VolumeScan): Promise<ManifestSummary> {
  if (scan.volumeMode === 'Block') return await writeManifest(scan.manifestFile, scanImage(scan.path, scan), () => []);
  const attributes = await readTreeAttributes(scan.path, scan.deadlineMs ?? hour, scan.signal);
  return await writeManifest(scan.manifestFile, scanTree(scan.path, attributes, scan), () => attributes.skipped);
}

/** The manifest of a device or an image: one entry with its size and content. */
async function* scanImage(path: string, { signal, onProgress }: ScanOptions): AsyncGenerator<ManifestEntry, void> {
  let size = 0;
  const fail = (cause: unknown): never => {
    const where = `${String(chunkBytes)} bytes from byte ${String(size)} on`;
    throw new SnapfleetError('source_unreadable', `The device cannot be read: ${where}: ${String(cause)}`, { cause });
  };
  const handle = await open(path, 'r').catch(fail);
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(chunkBytes);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, chunkBytes, null).catch(fail);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      size += bytesRead;
      onProgress?.({ filesDone: 0, bytesDone: size });
    }
    yield { path: rootPath, type: 'image', size, digest: `sha256:${hash.digest('hex')}` };
  } finally {
    await handle.close();
  }
}
