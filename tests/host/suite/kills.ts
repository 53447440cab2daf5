import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostFailpoints } from '../host-failpoints.js';
import { loads } from '../host-load.js';
import type { HostUnderTest } from '../host-under-test.js';
import { KillLoop } from '../kill-loop.js';

/** Where a kill leaves most behind: a volume is active and mounted, and nobody was told of it. */
const chosen = 'mount:after';

/** The shortest choice of what `npm run faults -- --only host` does. */
export function describeKills(use: () => HostUnderTest): void {
  describe('host-lvm under kill -9', () => {
    let loop: KillLoop;
    beforeAll(async () => {
      await use().endService('SIGTERM');
      loop = await KillLoop.on(use(), { seed: 1, load: loads.inactiveVolume });
    });
    afterAll(() => loop.stop());

    it('leaves nothing when it is killed before it can tell of a mount', async () => {
      expect(await hostFailpoints()).toContain(chosen);
      expect(await loop.round({ point: chosen })).toMatchObject({ service: 2, leaks: [] });
    });
  });
}
