import { readFile } from 'node:fs/promises';
import { Bytes, ManifestSummary, RestorePointId, SnapfleetError, VolumeReference } from '@snapfleet/contracts';
import { z } from 'zod';
import type { BackupRequest } from './mover.js';

export const manifestName = 'manifest.jsonl';
export const backupFileName = 'backup.json';

/** `backup.json`: what a mover keeps beside the data and the manifest. */
export const BackupFile = z.object({
  format: z.literal('snapfleet-backup'),
  version: z.literal(1),
  restorePointId: RestorePointId,
  ...VolumeReference.shape,
  volumeMode: z.enum(['Filesystem', 'Block']),
  manifest: ManifestSummary,
  addedBytes: Bytes,
  durationMs: z.number().int().nonnegative(),
  cleanLog: z.boolean().optional(),
});
export type BackupFile = z.infer<typeof BackupFile>;

/** What is kept of a backup that was just made. */
export function backupFileOf(request: BackupRequest, addedBytes: number, durationMs: number): BackupFile {
  const { restorePointId, namespace, persistentVolumeClaim, volumeMode, manifest, cleanLog } = request;
  return {
    format: 'snapfleet-backup',
    version: 1,
    restorePointId,
    namespace,
    persistentVolumeClaim,
    volumeMode,
    manifest,
    addedBytes,
    durationMs: Math.round(durationMs),
    ...(cleanLog === undefined ? {} : { cleanLog }),
  };
}

/**
 * Reads `backup.json`.
 * @returns undefined when it is not there
 * @throws SnapfleetError `mover_failed` when it is damaged or of an unknown version
 */
export async function readBackupFile(path: string): Promise<BackupFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw new SnapfleetError('destination_unavailable', `${path} cannot be read: ${String(cause)}`, { cause });
  }
  try {
    return BackupFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new SnapfleetError('mover_failed', `${path} is damaged, or of a newer version`, { cause });
  }
}

/** Whether an error of the file system says that something is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
