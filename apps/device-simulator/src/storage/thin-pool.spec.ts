import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ThinPool } from './thin-pool.js';

const mebibyte = 1 << 20;
let directory: string;
let pool: ThinPool;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'snapfleet-pool-'));
  pool = new ThinPool(directory, [
    { name: 'thin', type: 'thin', sizeBytes: 100 * mebibyte, overprovisionRatio: 2.5 },
    { name: 'thick', type: 'thick', sizeBytes: 100 * mebibyte, overprovisionRatio: 1 },
  ]);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('a thin pool of directories', () => {
  it('charges every volume and snapshot its full size', async () => {
    await pool.create('one', 'thin', 99 * mebibyte);
    await pool.snapshot('two', 'one', 100 * mebibyte, 'read-only');
    expect(pool.freeBytes(pool.classOf('thin'))).toBe(50 * mebibyte);
    await expect(pool.snapshot('three', 'one', 100 * mebibyte, 'read-only')).rejects.toThrow(
      'rpc error: code = ResourceExhausted desc = no enough space left on VG: free=52428800, desiredSize=104857600',
    );
    await expect(pool.create('four', 'thin', 60 * mebibyte)).rejects.toThrow(
      'no enough space left on VG: free=52428800',
    );
  });

  it('keeps a snapshot as it was cut, also when its source is gone', async () => {
    const source = await pool.create('one', '', 4 * mebibyte);
    await writeFile(join(source.path, 'file'), 'before', { mode: 0o640 });
    const snapshot = await pool.snapshot('two', 'one', 4 * mebibyte, 'read-only');
    await writeFile(join(source.path, 'file'), 'after');
    await pool.remove('one');
    expect(await readFile(join(snapshot.path, 'file'), 'utf8')).toBe('before');
    expect((await stat(join(snapshot.path, 'file'))).mode & 0o777).toBe(0o640);
    expect((await stat(snapshot.path)).mode & 0o7777).toBe(0o2777);
  });

  it('refuses a snapshot of a thick volume', async () => {
    await pool.create('one', 'thick', 4 * mebibyte);
    await expect(pool.snapshot('two', 'one', 4 * mebibyte, 'read-only')).rejects.toThrow(
      'device class is not thin. Thick snapshots are not implemented yet',
    );
    expect(pool.find('two')).toBeUndefined();
  });

  it('does not remove a volume that is open, and takes one that is gone for removed', async () => {
    await pool.create('one', 'thin', 4 * mebibyte);
    pool.setBusy('one', true);
    await expect(pool.remove('one')).rejects.toThrow('in use');
    pool.setBusy('one', false);
    await pool.remove('one');
    await pool.remove('one');
    expect(pool.list()).toEqual([]);
  });
});
