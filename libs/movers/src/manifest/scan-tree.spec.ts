import { lstat, mkdir, mkdtemp, open, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestFile } from './file-digest.js';
import type { ManifestEntry } from './manifest-entry.js';
import { isSparse, scanTree } from './scan-tree.js';

const attributes = { byPath: new Map([['d/a', { 'user.x': '31' }]]), skipped: [] };
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'snapfleet-scan-'));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

async function scan(signal?: AbortSignal): Promise<ManifestEntry[]> {
  const entries: ManifestEntry[] = [];
  for await (const entry of scanTree(root, attributes, signal === undefined ? {} : { signal })) entries.push(entry);
  return entries;
}

describe('scanTree', () => {
  it('goes through the directories in the order of the manifest and follows no link', async () => {
    await mkdir(join(root, 'd'));
    for (const name of ['d/b', 'd/a', 'd-e', 'c']) await writeFile(join(root, name), name);
    await symlink('/', join(root, 'd', 'link'));
    const entries = await scan();
    expect(entries.map(({ path }) => path)).toEqual(['.', 'c', 'd', 'd/a', 'd/b', 'd/link', 'd-e']);
    expect(entries.at(5)).toMatchObject({ type: 'symlink', target: '/' });
    expect(entries.at(3)).toMatchObject({ xattrs: { 'user.x': '31' } });
  });

  it('leaves the root and an empty lost+found out of the comparison, and takes one that holds something', async () => {
    await mkdir(join(root, 'lost+found'));
    expect((await scan()).map(({ counted }) => counted)).toEqual([false, false]);
    await writeFile(join(root, 'lost+found', '#12'), 'found');
    expect((await scan()).map(({ counted }) => counted)).toEqual([false, undefined, undefined]);
  });

  it('stops when it is told to', async () => {
    await writeFile(join(root, 'a'), 'a');
    await expect(scan(AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  });

  it('refuses a root that is not there', async () => {
    const missing = scanTree(join(root, 'none'), attributes);
    await expect(missing.next()).rejects.toMatchObject({ code: 'source_unreadable' });
  });
});

describe('digestFile', () => {
  it('refuses a file that is written to while it is read', async () => {
    const path = join(root, 'a');
    await writeFile(path, 'before');
    const found = await lstat(path, { bigint: true });
    await writeFile(path, 'after, and longer');
    await expect(digestFile(await open(path), Buffer.from('a'), found)).rejects.toMatchObject({
      code: 'source_unreadable',
      message: '"a" was written to while it was read',
    });
  });
});

describe('isSparse', () => {
  it('takes a block that is missing for a hole, and not a small file that lies in its inode', () => {
    expect(isSparse({ size: 8192n, blocks: 8n })).toBe(true);
    expect(isSparse({ size: 100n, blocks: 0n })).toBe(false);
    expect(isSparse({ size: 5000n, blocks: 16n })).toBe(false);
  });
});
