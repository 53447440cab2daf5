import { fileURLToPath } from 'node:url';
import { PoolReport, VolumeSurvey } from '@snapfleet/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostUnderTest } from '../host-under-test.js';
import { handleOf } from '../volumes.js';
import { WorkerUnderTest } from '../worker-under-test.js';

const [volume, first, second] = [handleOf(300), handleOf(301), handleOf(302)];
const script = fileURLToPath(new URL('../pool-in-trouble', import.meta.url));

/** Real thin pools that are full or broken, and what is told of them. Each test goes on from the one before. */
export function describePoolsInTrouble(use: () => HostUnderTest): void {
  describe('a thin pool in trouble', () => {
    const happen = (what: string, ...args: readonly (string | number)[]): Promise<string> =>
      use().inGuest('"$@"', script, what, volume, ...args.map(String));
    const findings = async (): Promise<string[]> => {
      const { findings: found } = await use().call(VolumeSurvey, { volumeHandles: [volume] });
      return found.map(({ code, message }) => `${code}: ${message}`);
    };
    const health = async (): Promise<string | undefined> =>
      (await use().call(PoolReport, {})).pools.find(({ volumeGroup }) => volumeGroup === 'tiny')?.health;
    const unhealthy = (state: string): unknown =>
      expect.stringContaining(`pool_unhealthy: Thin pool tiny/pool ${state}`);
    const full = (what: string): unknown =>
      expect.stringMatching(`pool_headroom_missing: Thin pool tiny/pool: its ${what} is [\\d.]+ % full`);

    let worker: WorkerUnderTest | undefined;
    beforeAll(() => happen('make'));
    afterAll(async () => {
      await worker?.stop();
      await happen('remove');
    });

    it('gives no backup of a file that cannot be read, and the backup of before stays whole', async () => {
      worker = await WorkerUnderTest.start(use());
      await happen('ledger', 'the first ledger', first);
      expect(await worker.backUp(first)).toMatchObject({ name: 'backup.completed' });
      const stored = await use().inGuest(
        'cd "$1/shop/orders"; ls -A; cat -- */tree/ledger | sort -u',
        worker.destination,
      );
      expect(stored).toMatch(/^[0-9a-f-]{36}\nthe first ledger\n$/);

      await happen('ledger', 'the second ledger', second);
      await happen('bad-block', 'the second ledger');
      expect(await worker.backUp(second)).toMatchObject({
        name: 'backup.failed',
        data: {
          error: { code: 'source_unreadable', message: expect.stringMatching(/^"ledger" .*EIO/) as unknown },
        },
      });
      await happen('heal');
      await happen('forget', first, second);
      expect(
        await use().inGuest('cd "$1/shop/orders"; ls -A; cat -- */tree/ledger | sort -u', worker.destination),
      ).toBe(stored);
    });

    it('has no room for a snapshot from 80 % of its data on, and is full when writes fail', async () => {
      expect(await findings()).toEqual([]);
      await happen('write', 0, 26);
      expect(await findings()).toEqual([full('data')]);
      expect(await health()).toBe('ok');
      await happen('write', 26, 10);
      expect(await findings()).toEqual([unhealthy('has no data left'), full('data')]);
      expect(await health()).toBe('data-full');
    });

    it('has no room from 80 % of its metadata on, and none at all without metadata', async () => {
      await happen('fill-metadata', 380);
      expect(await findings()).toEqual([full('metadata')]);
      await happen('fill-metadata', 442);
      await happen('write', 0, 1);
      expect(await findings()).toEqual([unhealthy('has no metadata left'), full('metadata')]);
    });

    it('needs a check when its metadata could not be written, also after the disk is well again', async () => {
      await happen('fill-metadata', 1);
      await happen('fail-metadata-writes');
      await happen('write', 0, 1);
      await happen('heal');
      expect(await findings()).toEqual([unhealthy('is read-only and needs a check')]);
      expect(await health()).toBe('needs-check');
    });

    it('has failed when its metadata cannot be read', async () => {
      await happen('fill-metadata', 1);
      await happen('write', 0, 1);
      await happen('fail-metadata');
      await happen('write', 8, 1);
      expect(await health()).toBe('failed');
      await happen('heal');
      expect(await findings()).toEqual([unhealthy('has failed')]);
    });
  });
}
