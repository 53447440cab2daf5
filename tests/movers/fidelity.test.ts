import { compareManifests } from '@snapfleet/movers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeOddTree } from '../support/odd-tree.js';
import { MoverBench, type MoverUser } from './mover-bench.js';

const restorePointId = '5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87';
const runs: readonly (readonly [string, MoverUser, number])[] = [
  ['copy', 'an ordinary user with capabilities', 3_000],
  ['restic', 'an ordinary user with capabilities', 1_000],
  ['copy', 'root', 200],
];

describe.each(runs)('the mover %s as %s', (mover, user, files) => {
  let bench: MoverBench;
  beforeEach(async () => {
    bench = await MoverBench.make(user);
  });
  afterEach(async () => {
    await bench.clear();
  });

  it(`gives a tree of ${files} files back with everything that a manifest knows of it`, async () => {
    await makeOddTree(bench.source, { files });
    const source = await bench.scan(bench.source, 'source.jsonl');
    const stored = await bench.backUp(mover, restorePointId, source);
    const restored = await bench.restore(mover, stored);
    await bench.scan(restored.path, 'restored.jsonl');

    const comparison = await compareManifests(restored.manifestFile, bench.at('work', 'restored.jsonl'));
    expect(comparison.differences).toEqual([]);
    expect(comparison.count).toBe(0);
    expect(comparison.actual.rootDigest).toBe(source.rootDigest);
    expect(stored.manifest).toEqual(source);
    expect(source.files).toBeGreaterThan(files);
  });
});
