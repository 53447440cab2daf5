import { readFile } from 'node:fs/promises';
import { SnapfleetError } from '@snapfleet/contracts';
import { createProgramRunner, ProgramError } from '@snapfleet/process';
import { GetfattrParser, mostAttributes, type MostAttributes } from './getfattr-parser.js';
import { unreadable } from './tree-walk.js';

const programs = createProgramRunner({ allowed: ['getfattr'] });
const capSysAdmin = 21n;

/** The extended attributes of a tree, ACLs included. */
export interface TreeAttributes {
  /** Attributes by path below the root, the bytes of the path as Latin-1; the root is the empty string. */
  readonly byPath: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Names and classes of attributes that are not kept, or that this process cannot see. */
  readonly skipped: readonly string[];
}

/**
 * Reads the extended attributes of a whole tree by one run of getfattr. Node has no call for them. They are held in memory, so
 * that more than a reader has room for are refused: a reader that the kernel ends would be begun again, and end again.
 * @throws SnapfleetError `source_unreadable`
 */
export async function readTreeAttributes(
  root: string,
  deadlineMs: number,
  signal?: AbortSignal,
  most = mostAttributes,
): Promise<TreeAttributes> {
  const parser = new GetfattrParser(most);
  const enough = new AbortController();
  try {
    // -R and -P: the whole tree, no link followed; -h: the attributes of a link itself; -m -: of every namespace.
    await programs.run('getfattr', ['-R', '-P', '-h', '-d', '-m', '-', '-e', 'hex', '--absolute-names', '--', '.'], {
      deadlineMs,
      workingDirectory: root,
      onStdoutChunk: (chunk) => {
        parser.push(chunk);
        if (parser.excess !== undefined) enough.abort();
      },
      signal: AbortSignal.any(signal === undefined ? [enough.signal] : [enough.signal, signal]),
    });
  } catch (cause) {
    signal?.throwIfAborted();
    expectRoom(parser, most);
    const said = cause instanceof ProgramError ? cause.message : String(cause);
    throw new SnapfleetError('source_unreadable', `The extended attributes cannot be read: ${said}`, { cause });
  }
  const { byPath, skipped } = parser.end();
  expectRoom(parser, most);
  const hidden = (await seesTrustedAttributes()) ? [] : ['trusted.*'];
  return { byPath, skipped: [...new Set([...skipped, ...hidden])].toSorted() };
}

function expectRoom({ excess }: GetfattrParser, most: MostAttributes): void {
  if (excess === undefined) return;
  const [mebibytes, whose] =
    excess.of === 'file' ? [most.ofFile >> 20, 'of one file'] : [most.ofTree >> 20, 'of all files up to it'];
  const what = `has more extended attributes than are read: those ${whose} take more than ${String(mebibytes)} MiB as text; take away what is not needed, or divide the data among several volumes`;
  throw unreadable(Buffer.from(excess.path, 'latin1'), what);
}

// xattr(7): trusted attributes are visible to processes with CAP_SYS_ADMIN alone.
async function seesTrustedAttributes(): Promise<boolean> {
  const status = await readFile('/proc/self/status', 'latin1');
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> capSysAdmin) & 1n) === 1n;
}
