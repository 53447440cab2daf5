import { execFile } from 'node:child_process';
import { chmod, chown, lchown, link, lutimes, mkdir, open, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a tree of `makeOddTree` is made of. */
export interface OddTree {
  /** Ordinary files, spread over directories of a hundred; the odd ones come on top. Default 200. */
  readonly files?: number;
  /** False on filesystems or for users that cannot have device nodes. Default true. */
  readonly deviceNodes?: boolean;
}

const inDirectory = (directory: string, name: string): Buffer =>
  Buffer.concat([Buffer.from(`${directory}/odd/`), Buffer.from(name, 'latin1')]);

/**
 * Fills an empty directory with files, and with everything that a careless copy loses: hard links, holes, extended
 * attributes, ACLs, owners, setuid bits, times to the nanosecond and before 1970, names with line breaks, names that
 * are not UTF-8 or begin with a dash, links that lead nowhere, pipes, empty directories, deep and long paths.
 * Needs root, and the programs setfattr, setfacl, mkfifo and mknod.
 */
export async function makeOddTree(directory: string, { files = 200, deviceNodes = true }: OddTree = {}): Promise<void> {
  await mkdir(join(directory, 'odd'));
  await makePlainFiles(directory, files);
  await makeOddNames(directory);
  await makeLinks(directory);
  await makeSparseFiles(directory);
  await makeOwnersAndModes(directory);
  await makeAttributes(directory);
  await makeSpecialFiles(directory, deviceNodes);
  await makeDeepPath(directory);
  await makeTimes(directory);
}

async function makePlainFiles(directory: string, files: number): Promise<void> {
  for (let at = 0; at < files; at += 1) {
    const home = join(directory, `plain-${String(Math.floor(at / 100)).padStart(4, '0')}`);
    if (at % 100 === 0) await mkdir(home);
    // A few sizes, none of them repeated content: 0 bytes to 16 KiB.
    await writeFile(join(home, `file-${String(at)}`), `${String(at)};`.repeat(at % 97 === 0 ? 0 : (at * 37) % 2048));
  }
}

async function makeOddNames(directory: string): Promise<void> {
  const names = [
    'two\nlines',
    'carriage\rreturn',
    'tab\there',
    'not utf-8 \xff\xfe\x80',
    '-rf',
    '--delete',
    'back\\slash\\x41\\012',
    '"quotes" \'and\' $(id) `id` ; & | * ?',
    ' spaces ',
    '# file: odd',
    '\x01\x1b[31m',
    'u\xcc\x88 and \xc3\xbc',
    '.hidden',
    '.. ',
    'n'.repeat(255),
    '\xe2\x80\xae right to left',
    'a',
    'a-b',
    'a.b',
  ];
  for (const name of names) await writeFile(inDirectory(directory, name), `content of ${name}`);
  await mkdir(inDirectory(directory, 'directory \xff\n'));
  await writeFile(inDirectory(directory, 'directory \xff\n/inner \xfe'), 'inner');
  for (const name of ['b', 'b/x', 'b/x/empty', 'empty']) await mkdir(inDirectory(directory, name));
}

async function makeLinks(directory: string): Promise<void> {
  await writeFile(inDirectory(directory, 'linked'), 'one file, four names');
  await link(inDirectory(directory, 'linked'), inDirectory(directory, 'b/linked'));
  await link(inDirectory(directory, 'linked'), inDirectory(directory, 'z-linked\n'));
  await link(inDirectory(directory, 'linked'), join(directory, 'linked-at-root'));
  await symlink('/nowhere/at all', inDirectory(directory, 'dangling'));
  await symlink('..', inDirectory(directory, 'up'));
  await symlink('/etc/passwd', inDirectory(directory, 'outside'));
  await symlink(Buffer.from('not utf-8 \xff', 'latin1'), inDirectory(directory, 'link \xff'));
  await symlink('linked', inDirectory(directory, 'b/link-to-file'));
}

async function writeAt(path: Buffer, size: number, parts: readonly (readonly [number, string])[]): Promise<void> {
  const handle = await open(path, 'w');
  try {
    for (const [position, text] of parts) await handle.write(text, position);
    await handle.truncate(size);
  } finally {
    await handle.close();
  }
}

async function makeSparseFiles(directory: string): Promise<void> {
  const kib = 1024;
  await writeAt(inDirectory(directory, 'hole-first'), 4096 * kib, [[4000 * kib, 'end']]);
  await writeAt(inDirectory(directory, 'hole-last'), 300 * kib, [[0, 'begin']]);
  await writeAt(inDirectory(directory, 'hole-within'), 8192 * kib, [
    [0, 'begin'],
    [8000 * kib, 'end'],
  ]);
  await writeAt(inDirectory(directory, 'only-hole'), 1024 * kib, []);
  await writeFile(inDirectory(directory, 'zeros-without-hole'), Buffer.alloc(256 * kib));
}

async function makeOwnersAndModes(directory: string): Promise<void> {
  const made: readonly (readonly [string, number, number, number])[] = [
    ['owned-by-1234', 1234, 5678, 0o600],
    ['setuid', 0, 0, 0o4755],
    ['setgid', 1000, 1000, 0o2711],
    ['sticky', 65534, 65534, 0o1644],
    ['no-access', 4_000_000_000, 4_000_000_001, 0o000],
    ['read-only', 27, 27, 0o444],
  ];
  for (const [name, uid, gid, mode] of made) {
    const path = inDirectory(directory, name);
    await writeFile(path, name);
    await chown(path, uid, gid);
    await chmod(path, mode);
  }
  const locked = inDirectory(directory, 'closed-directory');
  await mkdir(locked);
  await writeFile(inDirectory(directory, 'closed-directory/inside'), 'inside');
  await chown(locked, 70, 70);
  await chmod(locked, 0o2500);
  await lchown(inDirectory(directory, 'dangling'), 99, 98);
}

async function makeAttributes(directory: string): Promise<void> {
  const at = (name: string): string => join(directory, 'odd', name);
  const make = async (name: string): Promise<string> => {
    await writeFile(at(name), name);
    return at(name);
  };
  await run('setfattr', ['-n', 'user.comment', '-v', 'words', await make('attribute')]);
  await run('setfattr', ['-n', 'user.binary', '-v', '0x00ff0a5c', at('attribute')]);
  await run('setfattr', ['-n', 'user.empty', at('attribute')]);
  await run('setfattr', ['-n', 'user.a=b', '-v', 'odd name', at('attribute')]);
  await run('setfattr', ['-n', 'user.long', '-v', 'x'.repeat(3000), at('attribute')]);
  await run('setfattr', ['-n', 'user.on-directory', '-v', '1', at('b')]);
  await run('setfattr', ['-n', 'user.newline', '-v', '1', at('two\nlines')]);
  const netBindService = '0x0100000200040000000000000000000000000000';
  await run('setfattr', ['-n', 'security.capability', '-v', netBindService, await make('capable')]);
  await run('setfacl', ['-m', 'u:1234:rw,g:4321:r', await make('acl')]);
  await mkdir(at('default-acl'));
  await run('setfacl', ['-m', 'u:1234:rwx', '-m', 'd:u:1234:rwx,d:g:4321:r-x', at('default-acl')]);
  await make('default-acl/inherits');
  await make('default-acl/without');
  await run('setfacl', ['-b', at('default-acl/without')]);
}

async function makeSpecialFiles(directory: string, deviceNodes: boolean): Promise<void> {
  const at = (name: string): string => join(directory, 'odd', name);
  await run('mkfifo', ['-m', '640', at('pipe')]);
  if (!deviceNodes) return;
  await run('mknod', [at('character-device'), 'c', '1', '3']);
  await run('mknod', [at('block-device'), 'b', '7', '200']);
}

async function makeDeepPath(directory: string): Promise<void> {
  // 24 levels of 80 bytes: half of what a path may have, so that there is room for a destination before it.
  const deep = Array.from({ length: 24 }, (_, level) => `${String(level)}-${'d'.repeat(76)}`).join('/');
  await mkdir(join(directory, 'odd', deep), { recursive: true });
  await writeFile(join(directory, 'odd', deep, 'bottom'), 'deep');
}

async function makeTimes(directory: string): Promise<void> {
  const at = (name: string): string => join(directory, 'odd', name);
  await run('touch', ['-d', '2001-02-03T04:05:06.123456789Z', at('a'), at('hole-last'), at('only-hole')]);
  await run('touch', ['-d', '1965-01-01T00:00:00.5Z', at('a-b')]);
  await run('touch', ['-d', '2100-01-01T00:00:00.000000001Z', at('a.b')]);
  await run('touch', ['-d', '2010-10-10T10:10:10.101010101Z', at('b'), at('empty')]);
  await lutimes(inDirectory(directory, 'dangling'), 1_000_000_000, 1_000_000_000);
}
