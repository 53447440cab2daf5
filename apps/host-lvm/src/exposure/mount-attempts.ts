import { SnapfleetError } from '@snapfleet/contracts';
import type { FoundFilesystem, MountAttempt } from './host-ports.js';

/** The filesystems that are mounted. Their parsers run in the kernel, so the list is short and nothing is guessed. */
export type MountableFilesystem = 'xfs' | 'ext4';

/** How a filesystem is mounted read-only: as it is, and without its log (xfs(5), ext4(5)). */
const readOnly = {
  // A snapshot has the UUID of its origin, which may be mounted at the same time.
  xfs: { always: ['nouuid'], withoutLog: 'norecovery' },
  // Otherwise the superblock says what an error does, and it may say: panic.
  ext4: { always: ['errors=remount-ro'], withoutLog: 'noload' },
} as const;

/**
 * The filesystem by its name from the superblock.
 * @throws {SnapfleetError} filesystem_unsupported
 */
export function mountableFilesystem(found: FoundFilesystem, volume: string): MountableFilesystem {
  if (found.kind === 'one' && (found.name === 'xfs' || found.name === 'ext4')) return found.name;
  throw new SnapfleetError('filesystem_unsupported', describe(found, volume));
}

function describe(found: FoundFilesystem, volume: string): string {
  if (found.kind === 'one') return `The filesystem on ${volume} is ${found.name}`;
  if (found.kind === 'none') return `There is no known filesystem on ${volume}`;
  return `There are signatures of more than one filesystem on ${volume}`;
}

/** The ways to mount it, in the order in which they are tried. */
export function mountAttempts(filesystem: MountableFilesystem, noSymlinks: boolean): readonly MountAttempt[] {
  const { always, withoutLog } = readOnly[filesystem];
  const options = ['ro', 'nosuid', 'nodev', 'noexec', ...(noSymlinks ? ['nosymfollow'] : []), ...always];
  return [
    { options, cleanLog: true },
    { options: [...options, withoutLog], cleanLog: false },
  ];
}
