import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BackupReference, SnapfleetError } from '@snapfleet/contracts';
import { readManifest, readManifestSummary } from '../manifest/manifest-file.js';
import type { BackupRequest, Mover, RestoredBackup, RestorePointKey, RestoreRequest, StoredBackup } from '../mover.js';
import { type BackupFile, backupFileName, backupFileOf, manifestName, readBackupFile } from '../stored-backup.js';
import { digHoles } from './dig-holes.js';
import { backupLine, type BackupSummary, type ResticSnapshot, restoreLine } from './restic-output.js';
import { ResticRepository, type ResticSettings } from './restic-repository.js';

export const resticMoverName = 'restic';

const kindData = 'kind=data';
const kindManifest = 'kind=manifest';
const dataTag = (id: string): string => `data=${id}`;
const restorePointTag = ({ restorePointId }: Pick<RestorePointKey, 'restorePointId'>): string =>
  `restore-point=${restorePointId}`;
const claimTag = ({ namespace, persistentVolumeClaim }: RestorePointKey): string =>
  `claim=${namespace}/${persistentVolumeClaim}`;
// The attributes that a manifest has (getfattr-parser.ts).
const keptAttributes = ['user.*', 'system.posix_acl_access', 'system.posix_acl_default', 'security.capability'];
const includeAttributes = keptAttributes.flatMap((name) => ['--include-xattr', name]);

/**
 * Keeps restore points in a restic repository of this device alone: encrypted, deduplicated. A backup is two
 * snapshots: the data, and then the manifest with `backup.json`, which makes it complete. The id of the second is the
 * location; its tag `data=<id>` names the first, which is missing for an empty volume.
 */
export class ResticMover implements Mover {
  readonly name = resticMoverName;
  private readonly repository: ResticRepository;

  constructor(private readonly settings: ResticSettings) {
    this.repository = new ResticRepository(settings);
  }

  async find(key: RestorePointKey): Promise<StoredBackup | undefined> {
    await this.repository.ensure();
    const [manifest] = await this.repository.snapshots({ tags: [kindManifest, restorePointTag(key)] });
    if (manifest === undefined) return undefined;
    return await this.inScratch(async (directory) =>
      storedBackup(manifest.id, await this.fetchFile(manifest, directory, ['--include', backupFileName])),
    );
  }

  async backup(request: BackupRequest): Promise<StoredBackup> {
    if (request.volumeMode === 'Block')
      throw new SnapfleetError(
        'mover_failed',
        'The restic mover does not take volumes of mode Block; use the mover "copy"',
        {
          retryable: false,
        },
      );
    const found = await this.find(request);
    if (found !== undefined) return found;
    const startedMs = performance.now();
    await this.repository.unlock();
    const data = await this.backUpData(request);
    const addedBytes = data === undefined ? 0 : (data.data_added_packed ?? data.data_added);
    await request.confirmSource?.();
    const file = backupFileOf(request, addedBytes, performance.now() - startedMs);
    const manifestId = await this.backUpManifest(request, file, data?.snapshot_id);
    await this.forgetUnfinished(request, data?.snapshot_id);
    return storedBackup(manifestId, file);
  }

  async restore(request: RestoreRequest): Promise<RestoredBackup> {
    const manifest = await this.manifestSnapshot(request.reference);
    if (manifest === undefined)
      throw new SnapfleetError('backup_not_found', `The repository has no snapshot ${request.reference.location}`);
    await this.fetchFile(manifest, request.target);
    const manifestFile = join(request.target, manifestName);
    await readManifestSummary(manifestFile);
    const path = join(request.target, 'tree');
    await mkdir(path, { mode: 0o700 });
    const dataId = dataIdOf(manifest);
    if (dataId !== undefined) {
      await this.repository.run(['restore', dataId, '--json', '--sparse', ...includeAttributes, '--target', path], {
        signal: request.signal,
        onLine: (line) => {
          const progress = restoreLine(line);
          if (progress !== undefined) request.onProgress?.(progress);
        },
      });
      await digHoles(path, readManifest(manifestFile));
    }
    return { path, manifestFile, volumeMode: 'Filesystem' };
  }

  async remove(reference: BackupReference): Promise<boolean> {
    const manifest = await this.manifestSnapshot(reference);
    if (manifest === undefined) return false;
    const dataId = dataIdOf(manifest);
    // The manifest goes first: data without a manifest is not listed.
    await this.repository.forget([manifest.id]);
    await this.repository.forget(dataId === undefined ? [] : [dataId]);
    return true;
  }

  async sweep(): Promise<void> {
    await this.repository.ensure();
    await this.repository.unlock();
  }

  /** Frees what was forgotten. */
  async maintain(signal: AbortSignal): Promise<void> {
    await this.repository.prune(signal);
  }

  private async backUpData(request: BackupRequest): Promise<BackupSummary | undefined> {
    // restic refuses to make a snapshot of nothing.
    if ((await readdir(request.source)).length === 0) return undefined;
    const parent = (await this.repository.snapshots({ tags: [kindData, claimTag(request)] })).at(-1);
    let summary: BackupSummary | undefined;
    await this.repository.run(
      [
        ...['backup', '--json', '--no-scan', '--read-concurrency', '1', '--one-file-system'],
        ...['--host', this.settings.device, ...tags(kindData, restorePointTag(request), claimTag(request))],
        // Named, because each snapshot is mounted at a path of its own, by which restic would not find it.
        ...(parent === undefined ? ['--force'] : ['--parent', parent.id]),
        '.',
      ],
      {
        signal: request.signal,
        workingDirectory: request.source,
        onLine: (line) => {
          const { summary: end, bytesDone, filesDone } = backupLine(line);
          summary ??= end;
          if (bytesDone !== undefined && filesDone !== undefined) request.onProgress?.({ bytesDone, filesDone });
        },
      },
    );
    if (summary === undefined) throw new SnapfleetError('mover_failed', 'restic ended without the id of a snapshot');
    return summary;
  }

  private async backUpManifest(request: BackupRequest, file: BackupFile, dataId: string | undefined): Promise<string> {
    return await this.inScratch(async (directory) => {
      await copyFile(request.manifestFile, join(directory, manifestName));
      await writeFile(join(directory, backupFileName), JSON.stringify(file));
      const data = dataId === undefined ? [] : [dataTag(dataId)];
      let id: string | undefined;
      await this.repository.run(
        [
          ...['backup', '--json', '--no-scan', '--force', '--host', this.settings.device],
          ...tags(kindManifest, restorePointTag(request), claimTag(request), ...data),
          ...[manifestName, backupFileName],
        ],
        {
          signal: request.signal,
          workingDirectory: directory,
          onLine: (line) => {
            id ??= backupLine(line).summary?.snapshot_id;
          },
        },
      );
      if (id === undefined) throw new SnapfleetError('mover_failed', 'restic ended without the id of a snapshot');
      return id;
    });
  }

  /** Data that an interrupted attempt at the same restore point left; it has served as the parent. */
  private async forgetUnfinished(key: RestorePointKey, dataId: string | undefined): Promise<void> {
    const left = await this.repository.snapshots({ tags: [kindData, restorePointTag(key)] });
    await this.repository.forget(left.map(({ id }) => id).filter((id) => id !== dataId));
  }

  private async manifestSnapshot({ location }: BackupReference): Promise<ResticSnapshot | undefined> {
    if (!/^[0-9a-f]{64}$/.test(location))
      throw new SnapfleetError('backup_not_found', `"${location}" is not the id of a restic snapshot`);
    const found = await this.repository.snapshots({ id: location });
    return found.find(({ id, tags: own }) => id === location && own.includes(kindManifest));
  }

  private async fetchFile(
    manifest: ResticSnapshot,
    directory: string,
    only: readonly string[] = [],
  ): Promise<BackupFile> {
    await this.repository.run(['restore', manifest.id, '--json', '--target', directory, ...only], {});
    const file = await readBackupFile(join(directory, backupFileName));
    if (file === undefined)
      throw new SnapfleetError('mover_failed', `The restic snapshot ${manifest.id} has no ${backupFileName}`);
    return file;
  }

  private async inScratch<T>(work: (directory: string) => Promise<T>): Promise<T> {
    const directory = await mkdtemp(join(tmpdir(), 'snapfleet-restic-'));
    try {
      return await work(directory);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
}

const tags = (...list: readonly string[]): string[] => list.flatMap((tag) => ['--tag', tag]);

function dataIdOf(manifest: ResticSnapshot): string | undefined {
  const prefix = dataTag('');
  const id = manifest.tags.find((tag) => tag.startsWith(prefix))?.slice(prefix.length);
  return id !== undefined && /^[0-9a-f]{64}$/.test(id) ? id : undefined;
}

function storedBackup(manifestId: string, file: BackupFile): StoredBackup {
  const { manifest, volumeMode, addedBytes, durationMs, cleanLog } = file;
  const reference = { mover: resticMoverName, destination: 'default', location: manifestId };
  return { reference, manifest, volumeMode, addedBytes, durationMs, cleanLog };
}
