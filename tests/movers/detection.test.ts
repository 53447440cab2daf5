import { execFile } from 'node:child_process';
import {
  chmod,
  chown,
  copyFile,
  link,
  mkdir,
  open,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compareManifests, type Comparison } from '@snapfleet/movers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeOddTree } from '../support/odd-tree.js';
import { MoverBench } from './mover-bench.js';

const run = promisify(execFile);
const restorePointId = '5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87';

/** Flips one bit and puts the time of change back, as a bad disk would. */
async function flipBit(path: string): Promise<void> {
  const { atime, mtime } = await stat(path);
  const handle = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, 3);
  byte[0] = (byte[0] ?? 0) ^ 1;
  await handle.write(byte, 0, 1, 3);
  await handle.close();
  await utimes(path, atime, mtime);
}

async function makeLinkAgain(path: string): Promise<void> {
  await rename(path, `${path}.copy`);
  await copyFile(`${path}.copy`, path);
  await rm(`${path}.copy`);
}

type Damage = readonly [what: string, path: string, field: string, damage: (path: string) => Promise<unknown>];
const damages: readonly Damage[] = [
  ['a flipped bit', 'plain-0000/file-1', 'digest', flipBit],
  ['a file that is cut off', 'plain-0000/file-2', 'size', (path) => writeFile(path, '')],
  ['a file that is gone', 'plain-0000/file-3', 'entry', (path) => rm(path)],
  ['a file too many', 'odd/added', 'entry', (path) => writeFile(path, '')],
  ['an empty directory that is gone', 'odd/empty', 'entry', (path) => rm(path, { recursive: true })],
  ['another owner', 'odd/a', 'uid', (path) => chown(path, 1, 0)],
  ['another group', 'odd/a', 'gid', (path) => chown(path, 0, 1)],
  ['a setuid bit that is lost', 'odd/setuid', 'mode', (path) => chmod(path, 0o755)],
  ['another time of change', 'odd/a', 'mtimeNs', (path) => run('touch', ['-d', '@981173106.123456788', path])],
  ['a broken hard link', 'odd/linked', 'hardLink', makeLinkAgain],
  ['a hard link too many', 'odd/a', 'hardLink', (path) => rm(path).then(() => link(join(path, '../-rf'), path))],
  [
    'an attribute that is lost',
    'odd/attribute',
    'xattr user.comment',
    (path) => run('setfattr', ['-x', 'user.comment', path]),
  ],
  [
    'another attribute',
    'odd/attribute',
    'xattr user.binary',
    (path) => run('setfattr', ['-n', 'user.binary', '-v', '0x00', path]),
  ],
  ['an ACL that is lost', 'odd/acl', 'xattr system.posix_acl_access', (path) => run('setfacl', ['-b', path])],
  [
    'a file capability that is lost',
    'odd/capable',
    'xattr security.capability',
    (path) => run('setfattr', ['-x', 'security.capability', path]),
  ],
  [
    'holes that were filled',
    'odd/hole-within',
    'sparse',
    (path) =>
      run('cp', ['--sparse=never', '--preserve=all', path, `${path}.full`]).then(() => rename(`${path}.full`, path)),
  ],
  ['a link that leads elsewhere', 'odd/dangling', 'target', (path) => rm(path).then(() => symlink('/elsewhere', path))],
  ['a pipe that became a file', 'odd/pipe', 'type', (path) => rm(path).then(() => writeFile(path, ''))],
  [
    'another device number',
    'odd/character-device',
    'device',
    (path) => rm(path).then(() => run('mknod', [path, 'c', '1', '5'])),
  ],
];

describe('a comparison with the manifest', () => {
  let bench: MoverBench;
  const restored = (): string => bench.at('restored');
  beforeAll(async () => {
    bench = await MoverBench.make('root');
    await makeOddTree(bench.source, { files: 20 });
    await bench.scan(bench.source, 'source.jsonl');
  });
  afterAll(async () => {
    await bench.clear();
  });
  beforeEach(async () => {
    await rm(restored(), { recursive: true, force: true });
    await run('cp', ['--archive', bench.source, restored()]);
  });

  async function compare(): Promise<Comparison> {
    await bench.scan(restored(), 'restored.jsonl');
    return await compareManifests(bench.at('work', 'source.jsonl'), bench.at('work', 'restored.jsonl'));
  }

  it('finds nothing where nothing is wrong', async () => {
    expect((await compare()).differences).toEqual([]);
  });

  it.each(damages)('finds %s', async (_what, path, field, damage) => {
    await damage(join(restored(), path));
    const { differences, expected, actual } = await compare();
    expect(differences).toContainEqual(expect.objectContaining({ path, field }));
    if (field !== 'sparse') expect(actual.rootDigest).not.toBe(expected.rootDigest);
  });

  it('names the first hundred differences and counts all', async () => {
    await rm(restored(), { recursive: true });
    await mkdir(restored());
    const { differences, count, expected } = await compare();
    expect(count).toBe(expected.entries);
    expect(differences.length).toBe(Math.min(100, count));
    expect(JSON.stringify(differences).length).toBeLessThan(200 * 1024);
  });
});

describe('the manifest that is stored with a backup', () => {
  let bench: MoverBench;
  beforeAll(async () => {
    bench = await MoverBench.make('root');
    await writeFile(bench.at('source', 'a'), 'a');
  });
  afterAll(async () => {
    await bench.clear();
  });

  it('is refused at the restore when a line of it was changed', async () => {
    const manifest = await bench.scan(bench.source, 'source.jsonl');
    const stored = await bench.backUp('copy', restorePointId, manifest);
    const file = bench.at('destination', stored.reference.location, 'manifest.jsonl');
    await run('sed', ['-i', 's/"mode":"0644"/"mode":"0666"/', file]);
    await expect(bench.restore('copy', stored)).rejects.toMatchObject({ code: 'verification_failed' });
  });
});
