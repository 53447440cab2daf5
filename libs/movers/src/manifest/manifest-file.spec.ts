import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ManifestEntry } from './manifest-entry.js';
import { readManifestSummary, writeManifest } from './manifest-file.js';

const entries: readonly ManifestEntry[] = [
  { path: '.', type: 'directory', mode: '2777', counted: false },
  { path: 'a', type: 'file', mode: '0644', size: 3, digest: `sha256:${'0'.repeat(64)}`, sparse: true },
  { path: 'b', type: 'file', mode: '0644', size: 3, digest: `sha256:${'0'.repeat(64)}`, hardLink: 'a' },
];
const each = async function* (list: readonly ManifestEntry[]): AsyncGenerator<ManifestEntry> {
  await Promise.resolve();
  yield* list;
};

describe('a manifest file', () => {
  let directory: string;
  let file: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'snapfleet-manifest-'));
    file = join(directory, 'm.jsonl');
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  it('counts what is in the digest, and the bytes of a file with two names once', async () => {
    const summary = await writeManifest(file, each(entries), () => ['trusted.*']);
    expect(summary).toMatchObject({ entries: 2, files: 2, bytes: 3, skippedAttributes: ['trusted.*'] });
    expect(await readManifestSummary(file)).toEqual(summary);
  });

  it('has the same root digest whatever the root directory is like, and whether files have holes', async () => {
    const one = await writeManifest(file, each(entries), () => []);
    const { path, type, mode, size, digest } = { ...entries[1], path: 'a', type: 'file' as const, mode: '0644' };
    const plain = {
      path,
      type,
      mode,
      ...(size === undefined ? {} : { size }),
      ...(digest === undefined ? {} : { digest }),
    };
    const other = await writeManifest(file, each([plain, ...entries.slice(2)]), () => []);
    expect(other.rootDigest).toBe(one.rootDigest);
  });

  it.each([
    ['was changed', (text: string) => text.replace('0644', '0666')],
    ['lacks a line', (text: string) => text.split('\n').toSpliced(2, 1).join('\n')],
    ['is cut off', (text: string) => text.split('\n').slice(0, -2).join('\n')],
    ['is cut off within a line', (text: string) => text.slice(0, 200)],
    ['is of another version', (text: string) => text.replace('"version":1', '"version":2')],
    ['is empty', () => ''],
  ])('is refused when it %s', async (_what, damage) => {
    await writeManifest(file, each(entries), () => []);
    await writeFile(file, damage(await readFile(file, 'utf8')));
    await expect(readManifestSummary(file)).rejects.toMatchObject({ code: 'verification_failed' });
  });

  it('is not there when its writing failed', async () => {
    const broken = async function* (): AsyncGenerator<ManifestEntry> {
      yield* each(entries);
      throw new Error('broken');
    };
    await expect(writeManifest(file, broken(), () => [])).rejects.toThrow('broken');
    await expect(readManifestSummary(file)).rejects.toMatchObject({ code: 'backup_not_found' });
  });
});
