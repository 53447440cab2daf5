import type { BigIntStats } from 'node:fs';
import { escapePath } from './escape-path.js';
import type { TreeAttributes } from './extended-attributes.js';
import { digestFile } from './file-digest.js';
import { type EntryType, type ManifestEntry, rootPath } from './manifest-entry.js';
import { type FoundEntry, unreadable, walkTree } from './tree-walk.js';

/** How far a scan has come. */
export interface ScanProgress {
  readonly filesDone: number;
  readonly bytesDone: number;
}

export interface ScanOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ScanProgress) => void;
}

const filesInFlight = 4;
// Less than a block of a hole is not a hole: small files may lie in the inode, with no block at all.
const leastHoleBytes = 4096n;
const blockBytes = 512n;

/** Whether a file has at least one block of a hole. */
export function isSparse(stats: Pick<BigIntStats, 'size' | 'blocks'>): boolean {
  return stats.size - stats.blocks * blockBytes >= leastHoleBytes;
}

/**
 * The entries of a tree in the order of a manifest. A few files are read at a time; what is kept in memory is one
 * directory per level and the first names of hard links that are not complete yet.
 * @throws SnapfleetError `source_unreadable` naming the path
 */
export async function* scanTree(
  root: string,
  attributes: TreeAttributes,
  options: ScanOptions = {},
): AsyncGenerator<ManifestEntry, void> {
  const reader = new TreeReader(attributes, options.signal);
  const pending: Promise<ManifestEntry>[] = [];
  let filesDone = 0;
  let bytesDone = 0;
  const tell = (entry: ManifestEntry): ManifestEntry => {
    if (entry.type === 'file') filesDone += 1;
    bytesDone += entry.hardLink === undefined ? (entry.size ?? 0) : 0;
    options.onProgress?.({ filesDone, bytesDone });
    return entry;
  };
  try {
    for await (const found of walkTree(root, options.signal)) {
      const { entry } = await reader.begin(found);
      entry.catch(() => undefined);
      pending.push(entry);
      if (pending.length > filesInFlight) yield tell(await first(pending));
    }
    while (pending.length > 0) yield tell(await first(pending));
  } finally {
    await Promise.allSettled(pending);
  }
}

async function first(pending: Promise<ManifestEntry>[]): Promise<ManifestEntry> {
  const entry = pending.shift();
  if (entry === undefined) throw new RangeError('nothing is pending');
  return await entry;
}

interface LinkGroup {
  readonly path: string;
  readonly digest: Promise<string>;
  missing: bigint;
}

/** An entry whose content may still be read after the walk has gone on. */
interface BegunEntry {
  readonly entry: Promise<ManifestEntry>;
}

class TreeReader {
  private readonly groups = new Map<bigint, LinkGroup>();

  constructor(
    private readonly attributes: TreeAttributes,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** Does what needs the directory open. */
  async begin(found: FoundEntry): Promise<BegunEntry> {
    const { stats } = found;
    const type = typeOf(found);
    const entry: ManifestEntry = {
      path: found.path.length === 0 ? rootPath : escapePath(found.path),
      type,
      mode: (stats.mode & 0o7777n).toString(8).padStart(4, '0'),
      uid: Number(stats.uid),
      gid: Number(stats.gid),
      mtimeNs: stats.mtimeNs.toString(),
    };
    const xattrs = this.attributes.byPath.get(found.path.toString('latin1'));
    if (xattrs !== undefined) entry.xattrs = { ...xattrs };
    if (isOutside(found, type)) entry.counted = false;
    if (type === 'symlink') entry.target = escapePath(await found.readTarget());
    if (type === 'character-device' || type === 'block-device') entry.device = Number(stats.rdev);
    return { entry: type === 'file' ? (await this.beginFile(found, entry)).entry : Promise.resolve(entry) };
  }

  private async beginFile(found: FoundEntry, entry: ManifestEntry): Promise<BegunEntry> {
    const { stats } = found;
    const sized: ManifestEntry = { ...entry, size: Number(stats.size) };
    const group = this.groups.get(stats.ino);
    if (group !== undefined) {
      group.missing -= 1n;
      if (group.missing === 0n) this.groups.delete(stats.ino);
      return { entry: group.digest.then((digest) => ({ ...sized, digest, hardLink: group.path })) };
    }
    const handle = await found.open();
    const digest = digestFile(handle, found.path, stats, this.signal);
    digest.catch(() => undefined);
    if (stats.nlink > 1n) this.groups.set(stats.ino, { path: entry.path, digest, missing: stats.nlink - 1n });
    const sparse = isSparse(stats) ? { sparse: true as const } : {};
    return { entry: digest.then((value) => ({ ...sized, digest: value, ...sparse })) };
  }
}

// The root directory is prepared by whoever mounts it, sockets are made by the programs that listen on them, and ext4
// makes lost+found: none of it is data of the volume.
function isOutside(found: FoundEntry, type: EntryType): boolean {
  return found.path.length === 0 || type === 'socket' || (found.empty && found.path.equals(Buffer.from('lost+found')));
}

function typeOf({ path, stats }: FoundEntry): EntryType {
  if (stats.isDirectory()) return 'directory';
  if (stats.isFile()) return 'file';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  if (stats.isSocket()) return 'socket';
  if (stats.isCharacterDevice()) return 'character-device';
  if (stats.isBlockDevice()) return 'block-device';
  throw unreadable(path, 'is of a type that is not known');
}
