import { SnapfleetError } from '@snapfleet/contracts';
import { createProgramRunner, ProgramError } from '@snapfleet/process';
import { endsWithThisProcess } from '../ends-with-this-process.js';
import type { MoverProgress } from '../mover.js';

const programs = createProgramRunner({ allowed: ['setpriv', 'sync', 'rm'] });
const day = 86_400_000;

/** One run of rsync. */
export interface TreeCopy {
  readonly source: string;
  readonly target: string;
  /** The target holds a part already: what is there is compared by content, not by size and time. */
  readonly resume: boolean;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: MoverProgress) => void;
}

// Archive with hard links, ACLs, attributes and holes, ids by number, as if root also for another uid with capabilities.
const faithful = ['-aHAXS', '--numeric-ids', '--super', '--one-file-system', '--whole-file'];
// The attributes that a manifest has (getfattr-parser.ts); ACLs are copied by -A.
const attributeFilter = ['--filter=+x user.*', '--filter=+x security.capability', '--filter=-x *'];
// rsync(1), "EXIT VALUES": 10 socket, 11 file, 12 stream; of a local copy, 11 is the destination.
const destinationExitCodes = new Set([10, 11, 12]);

/**
 * Copies a tree with all that a manifest knows of it.
 * @throws SnapfleetError `mover_failed`, `destination_unavailable`, or the reason of the signal
 */
export async function copyTree(copy: TreeCopy): Promise<void> {
  let bytesDone = 0;
  let filesDone = 0;
  try {
    await programs.run(
      'setpriv',
      [
        ...endsWithThisProcess,
        'rsync',
        ...faithful,
        ...attributeFilter,
        ...(copy.resume ? ['--checksum', '--delete'] : []),
        '--out-format=%i %l',
        '--',
        // By its path: rsync asks the kernel where it is, which cannot say so for a lease's mount namespace.
        `${copy.source}/`,
        `${copy.target}/`,
      ],
      {
        deadlineMs: day,
        workingDirectory: '/',
        signal: copy.signal,
        onStdoutLine: (line) => {
          const file = /^[>c]f\S* (\d+)$/.exec(line);
          if (file === null) return;
          bytesDone += Number(file[1]);
          filesDone += 1;
          copy.onProgress?.({ bytesDone, filesDone });
        },
      },
    );
  } catch (cause) {
    copy.signal.throwIfAborted();
    throw failureOf(cause);
  }
}

function failureOf(cause: unknown): SnapfleetError {
  const exitCode = cause instanceof ProgramError ? cause.exitCode : undefined;
  const code =
    exitCode !== undefined && destinationExitCodes.has(exitCode) ? 'destination_unavailable' : 'mover_failed';
  return new SnapfleetError(code, cause instanceof Error ? cause.message : String(cause), { cause });
}

/** Makes everything on the file system that holds this path durable. */
export async function syncFileSystem(path: string): Promise<void> {
  await programs.run('sync', ['--file-system', '--', path], { deadlineMs: day });
}

/** Removes a tree. The program rm goes by open directories, so neither long paths nor links lead it astray. */
export async function removeTree(path: string): Promise<void> {
  await programs.run('rm', ['-rf', '--one-file-system', '--', path], { deadlineMs: day });
}
