import { copyFile, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BackupReference, SnapfleetError } from '@snapfleet/contracts';
import { syncDirectory } from '@snapfleet/durable-files';
import { readManifestSummary } from '../manifest/manifest-file.js';
import type { BackupRequest, Mover, RestoredBackup, RestorePointKey, RestoreRequest, StoredBackup } from '../mover.js';
import {
  type BackupFile,
  backupFileName,
  backupFileOf,
  isMissing,
  manifestName,
  readBackupFile,
} from '../stored-backup.js';
import { copyImage } from './copy-image.js';
import { type CopyPlace, imageName, placeOf, placeOfReference, treeName, unfinished } from './copy-layout.js';
import { copyTree, removeTree, syncFileSystem } from './rsync.js';

export const copyMoverName = 'copy';

export interface CopyMoverSettings {
  /** Absolute path of a directory that is there already. */
  readonly destination: string;
}

/**
 * Keeps each restore point as a tree of files at a local path:
 * `<destination>/<namespace>/<claim>/<restore point>/{tree,manifest.jsonl,backup.json}`. It is written beside that
 * place and renamed when it is whole and durable.
 */
export class CopyMover implements Mover {
  readonly name = copyMoverName;

  constructor(private readonly settings: CopyMoverSettings) {}

  async find(key: RestorePointKey): Promise<StoredBackup | undefined> {
    await this.requireDestination();
    const place = placeOf(this.settings.destination, key);
    const file = await readBackupFile(join(place.complete, backupFileName));
    return file === undefined ? undefined : storedBackup(place, file);
  }

  async backup(request: BackupRequest): Promise<StoredBackup> {
    const found = await this.find(request);
    if (found !== undefined) return found;
    try {
      return await writeBackup(placeOf(this.settings.destination, request), request);
    } catch (cause) {
      request.signal.throwIfAborted();
      if (cause instanceof SnapfleetError) throw cause;
      const { destination } = this.settings;
      throw new SnapfleetError('destination_unavailable', `Writing below ${destination} failed: ${String(cause)}`, {
        cause,
      });
    }
  }

  async restore(request: RestoreRequest): Promise<RestoredBackup> {
    await this.requireDestination();
    const place = placeOfReference(this.settings.destination, request.reference);
    const file = await readBackupFile(join(place.complete, backupFileName));
    if (file === undefined) throw new SnapfleetError('backup_not_found', `There is no backup at ${place.complete}`);
    const manifestFile = join(request.target, manifestName);
    await copyFile(join(place.complete, manifestName), manifestFile).catch((cause: unknown) => {
      throw new SnapfleetError('backup_not_found', `The backup at ${place.complete} has no manifest`, { cause });
    });
    await readManifestSummary(manifestFile);
    const path = join(request.target, file.volumeMode === 'Block' ? imageName : treeName);
    if (file.volumeMode === 'Block') await copyImage(join(place.complete, imageName), path, request);
    else await this.restoreTree(place, path, request);
    return { path, manifestFile, volumeMode: file.volumeMode };
  }

  async remove(reference: BackupReference): Promise<boolean> {
    await this.requireDestination();
    const place = placeOfReference(this.settings.destination, reference);
    await removeTree(place.removing);
    const there = await rename(place.complete, place.removing).then(
      () => true,
      (error: unknown) => {
        if (isMissing(error)) return false;
        throw new SnapfleetError('mover_failed', `${place.complete} cannot be removed: ${String(error)}`, {
          cause: error,
        });
      },
    );
    if (there) await syncDirectory(place.claim);
    await removeTree(place.removing);
    await removeTree(place.partial);
    return there;
  }

  async sweep(): Promise<void> {
    await this.requireDestination();
    const { destination } = this.settings;
    for (const namespace of await directoriesIn(destination)) {
      for (const claim of await directoriesIn(join(destination, namespace))) {
        const path = join(destination, namespace, claim);
        for (const name of await readdir(path))
          if (await isLeftover(join(path, name), name)) await removeTree(join(path, name));
      }
    }
  }

  async maintain(): Promise<void> {
    // What is removed is gone at once.
  }

  private async restoreTree(place: CopyPlace, path: string, request: RestoreRequest): Promise<void> {
    await mkdir(path, { mode: 0o700 });
    await copyTree({ ...request, source: join(place.complete, treeName), target: path, resume: false });
  }

  /**
   * It is never made here: a path on which nothing is mounted must not be taken for the destination. Whether it may be
   * written shows itself; access(2) does not say, because it leaves capabilities out of account.
   */
  private async requireDestination(): Promise<void> {
    const { destination } = this.settings;
    try {
      await readdir(destination);
    } catch (cause) {
      throw new SnapfleetError('destination_unavailable', `The destination ${destination} cannot be read`, { cause });
    }
  }
}

async function writeBackup(place: CopyPlace, request: BackupRequest): Promise<StoredBackup> {
  const startedMs = performance.now();
  await mkdir(place.claim, { recursive: true, mode: 0o700 });
  const resume = (await mkdir(place.partial, { recursive: true, mode: 0o700 })) === undefined;
  const addedBytes = await writeData(place, request, resume);
  await copyFile(request.manifestFile, join(place.partial, manifestName));
  const file = backupFileOf(request, addedBytes, performance.now() - startedMs);
  await writeFile(join(place.partial, backupFileName), `${JSON.stringify(file, undefined, 2)}\n`, { mode: 0o600 });
  await syncFileSystem(place.partial);
  await request.confirmSource?.();
  await rename(place.partial, place.complete);
  await syncDirectory(place.claim);
  return storedBackup(place, file);
}

async function writeData(place: CopyPlace, request: BackupRequest, resume: boolean): Promise<number> {
  if (request.volumeMode === 'Block') {
    const image = join(place.partial, imageName);
    await rm(image, { force: true });
    return await copyImage(request.source, image, request);
  }
  let addedBytes = 0;
  const target = join(place.partial, treeName);
  await mkdir(target, { recursive: true, mode: 0o700 });
  await copyTree({
    ...request,
    target,
    resume,
    onProgress: (progress) => {
      addedBytes = progress.bytesDone;
      request.onProgress?.(progress);
    },
  });
  return addedBytes;
}

function storedBackup(place: CopyPlace, file: BackupFile): StoredBackup {
  const { manifest, volumeMode, addedBytes, durationMs, cleanLog } = file;
  const reference = { mover: copyMoverName, destination: 'default', location: place.location };
  return { reference, manifest, volumeMode, addedBytes, durationMs, cleanLog };
}

const abandonedAfterMs = 7 * 86_400_000;

async function directoriesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && entry.name !== 'lost+found').map((entry) => entry.name);
}

// A partial backup is taken up again by the redelivered message; after a week no message is left.
async function isLeftover(path: string, name: string): Promise<boolean> {
  if (!unfinished.test(name)) return false;
  if (name.startsWith('.removing-')) return true;
  return Date.now() - (await stat(path)).mtimeMs > abandonedAfterMs;
}
