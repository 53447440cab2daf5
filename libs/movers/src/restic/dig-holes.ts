import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { createProgramRunner } from '@snapfleet/process';
import { unescapePath } from '../manifest/escape-path.js';
import type { ManifestEntry } from '../manifest/manifest-entry.js';
import { isSparse } from '../manifest/scan-tree.js';

const programs = createProgramRunner({ allowed: ['fallocate', 'touch'] });
const deadlineMs = 3_600_000;

/**
 * Makes files sparse again that were sparse when they were saved: restic leaves holes only where its chunks begin with
 * zeros. The time of change is put back, to the nanosecond.
 */
export async function digHoles(tree: string, entries: AsyncIterable<ManifestEntry>): Promise<void> {
  for await (const entry of entries) if (entry.sparse) await digHolesOf(tree, entry);
}

async function digHolesOf(tree: string, entry: ManifestEntry): Promise<void> {
  const path = Buffer.concat([Buffer.from(`${tree}/`), unescapePath(entry.path)]);
  const handle = await open(path, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    const stats = await handle.stat({ bigint: true });
    if (isSparse(stats) || entry.mtimeNs === undefined) return;
    // The open file as a path: a name that is not UTF-8 cannot be an argument of a program.
    const opened = `/proc/${String(process.pid)}/fd/${String(handle.fd)}`;
    await programs.run('fallocate', ['--dig-holes', opened], { deadlineMs });
    await programs.run('touch', ['--no-create', '-m', `--date=@${decimalSeconds(BigInt(entry.mtimeNs))}`, opened], {
      deadlineMs,
    });
  } finally {
    await handle.close();
  }
}

/** Nanoseconds as seconds with nine decimal places. */
export function decimalSeconds(nanoseconds: bigint): string {
  const digits = (nanoseconds < 0n ? -nanoseconds : nanoseconds).toString().padStart(10, '0');
  return `${nanoseconds < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}
