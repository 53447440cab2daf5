import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProgramRunner } from '@snapfleet/process';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readTreeAttributes } from './extended-attributes.js';

const deadlineMs = 20_000;
const mebibyte = 1 << 20;
let root: string;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'snapfleet-attributes-'));
  writeFileSync(join(root, 'odd\nfile'), '');
  const argv = ['-n', 'user.a', '-v', 'x'.repeat(3000), join(root, 'odd\nfile')];
  await createProgramRunner({ allowed: ['setfattr'] }).run('setfattr', argv, { deadlineMs });
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

it('reads the attributes of a tree that has no more than may be held', async () => {
  const { byPath } = await readTreeAttributes(root, deadlineMs);
  expect([...byPath]).toEqual([['odd\nfile', { 'user.a': '78'.repeat(3000) }]]);
});

it.each([
  [{ ofFile: 5000, ofTree: mebibyte }, 'those of one file'],
  [{ ofFile: mebibyte, ofTree: 5000 }, 'those of all files up to it'],
])('refuses more than may be held (%j) and names where, the limit and what to do', async (most, words) => {
  const refusal = readTreeAttributes(root, deadlineMs, undefined, most);
  await expect(refusal).rejects.toMatchObject({ code: 'source_unreadable', retryable: false });
  for (const word of [String.raw`"odd\x0afile"`, words, 'MiB', 'take away'])
    await expect(refusal).rejects.toThrow(word);
});
