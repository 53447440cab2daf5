import type { FilesystemProbe, FoundFilesystem } from '../exposure/host-ports.js';
import { mountStep } from './mount-failure.js';
import type { PrivilegedPrograms } from './privileged-programs.js';

const found = 0;
const nothingFound = 2;
const ambivalent = 8;

/** Reads the superblock by blkid(8), without its cache: the exit codes are those of the manual page. */
export class BlkidProbe implements FilesystemProbe {
  constructor(private readonly programs: PrivilegedPrograms) {}

  async filesystemOf(devicePath: string): Promise<FoundFilesystem> {
    const { stdout, exitCode } = await mountStep(
      this.programs.run(
        'blkid',
        ['--probe', '--output', 'value', '--match-tag', 'TYPE', '--usages', 'filesystem', devicePath],
        { acceptExitCodes: [found, nothingFound, ambivalent] },
      ),
    );
    if (exitCode === ambivalent) return { kind: 'several' };
    return stdout === '' ? { kind: 'none' } : { kind: 'one', name: stdout };
  }
}
