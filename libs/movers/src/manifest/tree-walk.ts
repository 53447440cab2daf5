import { constants } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { type FileHandle, lstat, open, readdir, readlink } from 'node:fs/promises';
import { SnapfleetError } from '@snapfleet/contracts';
import { escapePath } from './escape-path.js';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** One thing that was found in a tree. */
export interface FoundEntry {
  /** Below the root; empty for the root itself. */
  readonly path: Buffer;
  readonly stats: BigIntStats;
  /** A directory without anything in it. */
  readonly empty: boolean;
  /** Opens it for reading, if it is still what was found. Must be awaited before the walk goes on. */
  open(): Promise<FileHandle>;
  /** The target of a symbolic link. Must be awaited before the walk goes on. */
  readTarget(): Promise<Buffer>;
}

interface OpenDirectory {
  readonly path: Buffer;
  readonly handle: FileHandle;
  readonly names: readonly Buffer[];
  next: number;
}

/** The error of a part of the source that cannot be read, naming it. */
export function unreadable(path: Uint8Array, what: string, cause?: unknown): SnapfleetError {
  const name = path.length === 0 ? 'The root of the volume' : `"${escapePath(path)}"`;
  const reason = cause instanceof Error ? `${what}: ${cause.message.split(', ')[0] ?? ''}` : what;
  return new SnapfleetError('source_unreadable', `${name} ${reason}`.slice(0, 4096), { cause });
}

/**
 * Walks a tree in the order of a manifest, without following a symbolic link, leaving the root or entering another
 * filesystem. Each name is looked up in the directory that was opened before, through /proc/self/fd, which is what
 * openat(2) does; so a directory that is swapped for a link meanwhile is not followed either.
 * @throws SnapfleetError `source_unreadable` naming the path
 */
export async function* walkTree(root: string, signal?: AbortSignal): AsyncGenerator<FoundEntry, void> {
  const stack: OpenDirectory[] = [];
  try {
    const top = await openDirectory(Buffer.from(root), Buffer.alloc(0));
    const rootStats = await top.handle.stat({ bigint: true });
    stack.push(top);
    yield foundAt(Buffer.from(root), top.path, rootStats, top.names.length === 0);
    for (let directory = stack.at(-1); directory !== undefined; directory = stack.at(-1)) {
      signal?.throwIfAborted();
      const name = directory.names[directory.next];
      directory.next += 1;
      if (name === undefined) {
        stack.pop();
        await directory.handle.close();
        continue;
      }
      const path = directory.path.length === 0 ? name : Buffer.concat([directory.path, Buffer.from('/'), name]);
      const at = Buffer.concat([Buffer.from(`/proc/self/fd/${String(directory.handle.fd)}/`), name]);
      const stats = await lstat(at, { bigint: true }).catch((cause: unknown) => {
        throw unreadable(path, 'cannot be looked at', cause);
      });
      if (stats.dev !== rootStats.dev) throw unreadable(path, 'is on another filesystem');
      if (stats.isDirectory()) stack.push(await openDirectory(at, path, stats));
      yield foundAt(at, path, stats, stats.isDirectory() && stack.at(-1)?.names.length === 0);
    }
  } finally {
    await Promise.all(stack.map((directory) => directory.handle.close()));
  }
}

function foundAt(at: Buffer, path: Buffer, stats: BigIntStats, empty: boolean): FoundEntry {
  return {
    path,
    stats,
    empty,
    open: () => openFound(at, path, stats, O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
    readTarget: async () =>
      await readlink(at, { encoding: 'buffer' }).catch((cause: unknown) => {
        throw unreadable(path, 'cannot be read', cause);
      }),
  };
}

async function openFound(at: Buffer, path: Buffer, found: BigIntStats | undefined, flags: number): Promise<FileHandle> {
  const handle = await open(at, flags).catch((cause: unknown) => {
    throw unreadable(path, 'cannot be opened', cause);
  });
  const stats = await handle.stat({ bigint: true });
  if (found === undefined || (stats.ino === found.ino && stats.dev === found.dev)) return handle;
  await handle.close();
  throw unreadable(path, 'was replaced while it was read');
}

async function openDirectory(at: Buffer, path: Buffer, found?: BigIntStats): Promise<OpenDirectory> {
  // The root may be a link such as /proc/<pid>/root; what is below it may not.
  const flags = O_RDONLY | O_DIRECTORY | (found === undefined ? 0 : O_NOFOLLOW);
  const handle = await openFound(at, path, found, flags);
  try {
    const names = await readdir(`/proc/self/fd/${String(handle.fd)}`, { encoding: 'buffer' });
    return { path, handle, names: names.sort((a, b) => Buffer.compare(a, b)), next: 0 };
  } catch (cause) {
    await handle.close();
    throw unreadable(path, 'cannot be listed', cause);
  }
}
