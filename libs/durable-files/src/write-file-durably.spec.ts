import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeFileDurably } from './write-file-durably.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'snapfleet-durable-files-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

it('makes a file that only its owner reads, and nothing beside it', async () => {
  await writeFileDurably(join(directory, 'a'), 'one');

  expect(await readFile(join(directory, 'a'), 'utf8')).toBe('one');
  expect((await stat(join(directory, 'a'))).mode & 0o777).toBe(0o600);
  expect(await readdir(directory)).toEqual(['a']);
});

it('replaces the content as a whole, also beside what a crash has left', async () => {
  await writeFile(join(directory, 'a'), 'a long content of before');
  await writeFile(join(directory, 'a.partial'), 'the beginning of something else that was never finished');

  await writeFileDurably(join(directory, 'a'), 'two');

  expect(await readFile(join(directory, 'a'), 'utf8')).toBe('two');
});
