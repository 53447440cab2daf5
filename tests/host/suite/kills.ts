import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostUnderTest } from '../host-under-test.js';
import { hostFailpoints, KillLoop } from '../kill-loop.js';

/** A short choice of what `npm run faults -- --only host` does: where a kill leaves most behind. */
const chosen = 'activate:during';

/** Kills of the service and its children: nothing is left. */
export function describeKills(use: () => HostUnderTest): void {
  describe('host-lvm under kill -9', () => {
    let loop: KillLoop;
    beforeAll(async () => {
      await use().endService('SIGTERM');
      loop = await KillLoop.on(use(), 1);
    });
    afterAll(() => loop.stop());

    it('leaves nothing when it is killed while it activates a volume', async () => {
      expect(await hostFailpoints()).toContain(chosen);
      expect(await loop.atPoint(chosen)).toMatchObject({ leaks: [] });
    });

    it('leaves nothing when children and service are killed at random', async () => {
      expect(await loop.atRandom({ children: 4, calls: 6 })).toMatchObject({ leaks: [] });
    });
  });
}
