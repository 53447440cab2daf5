import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { compareManifests } from '@snapfleet/movers';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeOddTree } from '../support/odd-tree.js';
import { waitUntil } from '../support/wait-until.js';
import { asWorker } from '../support/worker-user.js';
import { MoverBench } from './mover-bench.js';

const restorePointId = '5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87';
const laterRestorePointId = '0d4f6a52-2c6f-5d0e-8a55-93a1d4b2f001';
const user = 'an ordinary user with capabilities';

let bench: MoverBench;
beforeEach(async () => {
  bench = await MoverBench.make(user);
});
afterEach(async () => {
  await bench.clear();
});

const namesIn = async (...names: string[]): Promise<string[]> => await readdir(bench.at(...names)).catch(() => []);

/** Whether the mover has begun to write: what it writes first, by mover. */
const hasBegun = {
  copy: async (): Promise<boolean> =>
    (await namesIn('destination', 'shop', 'orders', `.partial-${restorePointId}`, 'tree')).length > 0,
  restic: async (): Promise<boolean> =>
    (await readdir(bench.at('work', 'repository', 'data'), { recursive: true })).some((name) => name.length > 60),
} as const;

describe.each(['copy', 'restic'] as const)('the mover %s', (mover) => {
  it('lists nothing when it was killed, and the next run makes the backup', async () => {
    await makeOddTree(bench.source, { files: 1500 });
    // More than one pack of restic, so that it writes long before it ends.
    await writeFile(bench.at('source', 'random'), randomBytes(64 << 20));
    const manifest = await bench.scan(bench.source, 'source.jsonl');
    // So that the repository is there.
    await bench.find(mover, restorePointId);
    const job = { action: 'backup', mover, restorePointId, source: bench.source, manifest } as const;
    const [program, argv] = bench.command({ ...job, manifestFile: bench.at('work', 'source.jsonl') });
    const killed = execa(program, argv, { reject: false });
    await waitUntil(`the mover ${mover} has begun`, hasBegun[mover], { pauseMs: 2, deadlineMs: 60_000 });
    killed.kill('SIGKILL');
    expect((await killed).signal).toBe('SIGKILL');

    expect(await bench.find(mover, restorePointId)).toBeNull();
    const stored = await bench.backUp(mover, restorePointId, manifest);
    const restored = await bench.restore(mover, stored);
    await bench.scan(restored.path, 'restored.jsonl');
    const { differences } = await compareManifests(restored.manifestFile, bench.at('work', 'restored.jsonl'));
    expect(differences).toEqual([]);
  });

  it('makes no backup of a source that went bad while it was read, and one when it is read whole', async () => {
    await writeFile(bench.at('source', 'a'), 'a');
    const manifest = await bench.scan(bench.source, 'source.jsonl');
    const job = { action: 'backup', mover, restorePointId, source: bench.source, manifest, goesBad: true } as const;
    const attempt = bench.call({ ...job, manifestFile: bench.at('work', 'source.jsonl') });
    await expect(attempt).rejects.toMatchObject({ code: 'source_unreadable' });
    expect(await bench.find(mover, restorePointId)).toBeNull();
    await bench.backUp(mover, restorePointId, manifest);
    expect(await bench.find(mover, restorePointId)).toMatchObject({ manifest });
  });

  it('makes a backup once and finds it afterwards', async () => {
    await writeFile(bench.at('source', 'a'), 'a');
    const manifest = await bench.scan(bench.source, 'source.jsonl');
    const first = await bench.backUp(mover, restorePointId, manifest);
    expect(await bench.backUp(mover, restorePointId, manifest)).toEqual(first);
    expect(await bench.find(mover, restorePointId)).toEqual(first);
  });

  it('removes one backup and leaves the others', async () => {
    await writeFile(bench.at('source', 'a'), 'a');
    const manifest = await bench.scan(bench.source, 'source.jsonl');
    const first = await bench.backUp(mover, restorePointId, manifest);
    const later = await bench.backUp(mover, laterRestorePointId, manifest);
    expect(await bench.call({ action: 'remove', mover, reference: first.reference })).toBe(true);
    expect(await bench.call({ action: 'remove', mover, reference: first.reference })).toBe(false);
    expect(await bench.find(mover, restorePointId)).toBeNull();
    expect(await bench.find(mover, laterRestorePointId)).toEqual(later);
    await expect(bench.restore(mover, first)).rejects.toMatchObject({ code: 'backup_not_found' });
    await bench.call({ action: 'maintain', mover });
    await bench.restore(mover, later);
  });

  it('keeps a volume without any file', async () => {
    const manifest = await bench.scan(bench.source, 'source.jsonl');
    expect(manifest).toMatchObject({ entries: 0, files: 0, bytes: 0 });
    const stored = await bench.backUp(mover, restorePointId, manifest);
    const restored = await bench.restore(mover, stored);
    expect(await readdir(restored.path)).toEqual([]);
  });

  it('refuses a reference that it did not make', async () => {
    const reference = { mover, destination: 'default', location: '../../etc/passwd' };
    await expect(bench.call({ action: 'remove', mover, reference })).rejects.toMatchObject({
      code: 'backup_not_found',
    });
  });
});

describe('the mover copy', () => {
  it('says so when its destination is not there, and does not make it', async () => {
    await rm(bench.at('destination'), { recursive: true });
    const manifest = await bench.scan(bench.source, 'source.jsonl');
    await expect(bench.backUp('copy', restorePointId, manifest)).rejects.toMatchObject({
      code: 'destination_unavailable',
    });
    expect(await namesIn('destination')).toEqual([]);
  });

  it('keeps the image of a device with its holes', async () => {
    const source = bench.at('work', 'device');
    await execa('truncate', ['--size', '64M', source]);
    await execa('dd', ['if=/dev/urandom', `of=${source}`, 'bs=1M', 'seek=20', 'count=1', 'conv=notrunc']);
    const manifest = await bench.scan(source, 'source.jsonl', 'Block');
    const manifestFile = bench.at('work', 'source.jsonl');
    const job = { action: 'backup', restorePointId, source, manifest, manifestFile, volumeMode: 'Block' } as const;
    const stored = (await bench.call({ ...job, mover: 'copy' })) as Awaited<ReturnType<MoverBench['backUp']>>;
    const restored = await bench.restore('copy', stored);
    const { size, blocks } = await stat(restored.path);
    expect({ size, blocks }).toEqual({ size: 64 << 20, blocks: (1 << 20) / 512 });
    expect(await bench.scan(restored.path, 'restored.jsonl', 'Block')).toEqual(manifest);
    await expect(bench.call({ ...job, mover: 'restic' })).rejects.toMatchObject({ code: 'mover_failed' });
  });
});

describe('the mover restic', () => {
  it('does not make a new repository where there was one', async () => {
    await writeFile(bench.at('source', 'a'), 'a');
    const manifest = await bench.scan(bench.source, 'source.jsonl');
    await bench.backUp('restic', restorePointId, manifest);
    await rename(bench.at('work', 'repository'), bench.at('work', 'moved'));
    await expect(bench.find('restic', restorePointId)).rejects.toMatchObject({ code: 'destination_unavailable' });
    expect((await stat(bench.at('secrets', 'restic-password'))).mode & 0o777).toBe(0o600);
  });

  it('reads again only what changed, wherever the volume is mounted', async () => {
    await makeOddTree(bench.source, { files: 300 });
    const manifest = await bench.scan(bench.source, 'source.jsonl');
    const first = await bench.backUp('restic', restorePointId, manifest);
    const elsewhere = bench.at('work', 'elsewhere');
    await rename(bench.source, elsewhere);
    const manifestFile = bench.at('work', 'source.jsonl');
    const job = { action: 'backup', mover: 'restic', source: elsewhere, manifest, manifestFile } as const;
    const later = (await bench.call({ ...job, restorePointId: laterRestorePointId })) as typeof first;
    expect(first.addedBytes).toBeGreaterThan(10_000);
    expect(later.addedBytes).toBeLessThan(1000);
  });
});

describe('a scan', () => {
  it('names the file that it may not read', async () => {
    await mkdir(bench.at('source', 'd'));
    await writeFile(bench.at('source', 'd', 'closed\n'), 'x');
    await chmod(bench.at('source', 'd', 'closed\n'), 0);
    const [, argv] = bench.command({ action: 'scan', path: bench.source, manifestFile: bench.at('work', 'm') });
    const [program, powerless] = asWorker(process.execPath, argv.slice(argv.indexOf('--') + 2), []);
    const { stdout } = await execa(program, powerless);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'source_unreadable', message: expect.stringContaining('"d/closed\\x0a"') as string },
    });
  });

  it('lists the attributes that its user cannot see', async () => {
    expect((await bench.scan(bench.source, 'm')).skippedAttributes).toContain('trusted.*');
  });
});
