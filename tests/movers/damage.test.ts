import { chmod, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ErrorCode } from '@snapfleet/contracts';
import type { StoredBackup } from '@snapfleet/movers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeOddTree } from '../support/odd-tree.js';
import { MoverBench } from './mover-bench.js';

const restorePointId = '5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87';

/** The largest pack is one with data of files, which restic reads at a restore and at nothing else. */
async function cutOffLargestPack(bench: MoverBench): Promise<void> {
  const data = bench.at('work', 'repository', 'data');
  const names = await readdir(data, { recursive: true, withFileTypes: true });
  const packs = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(packs.map(async (path) => ({ path, size: (await stat(path)).size })));
  const largest = sizes.reduce((former, next) => (next.size > former.size ? next : former));
  await chmod(largest.path, 0o600);
  await truncate(largest.path, Math.floor(largest.size / 2));
}

const inCopy = (bench: MoverBench, { reference }: StoredBackup, name: string): string =>
  bench.at('destination', reference.location, name);

interface Damage {
  readonly what: string;
  readonly mover: 'copy' | 'restic';
  readonly damage: (bench: MoverBench, stored: StoredBackup) => Promise<void>;
  readonly code: ErrorCode;
}

const damages: readonly Damage[] = [
  { what: 'a pack that is cut off', mover: 'restic', damage: cutOffLargestPack, code: 'mover_failed' },
  {
    what: 'a repository that is gone',
    mover: 'restic',
    damage: (bench) => rename(bench.at('work', 'repository'), bench.at('work', 'elsewhere')),
    code: 'destination_unavailable',
  },
  {
    what: 'a backup.json that is no JSON',
    mover: 'copy',
    damage: (bench, stored) => writeFile(inCopy(bench, stored, 'backup.json'), '\0'),
    code: 'mover_failed',
  },
  {
    what: 'a tree that is gone',
    mover: 'copy',
    damage: (bench, stored) => rm(inCopy(bench, stored, 'tree'), { recursive: true }),
    code: 'mover_failed',
  },
];

describe('a backup that is damaged at its destination', () => {
  let bench: MoverBench;
  beforeEach(async () => {
    bench = await MoverBench.make('root');
    await makeOddTree(bench.source, { files: 20 });
  });
  afterEach(async () => {
    await bench.clear();
  });

  // None of these codes is a verdict about the data: what else they mean, the catalogue has to hold against the backup.
  it.each(damages)('is not restored: $mover, $what', async ({ mover, damage, code }) => {
    const stored = await bench.backUp(mover, restorePointId, await bench.scan(bench.source, 'source.jsonl'));
    await damage(bench, stored);
    await expect(bench.restore(mover, stored)).rejects.toMatchObject({ code });
  });
});
