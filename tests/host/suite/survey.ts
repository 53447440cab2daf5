import { PoolReport, VolumeSurvey } from '@snapfleet/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeSurvey } from '../../conformance/suite/survey.js';
import { lvmdConfiguration, type HostUnderTest } from '../host-under-test.js';
import { oddGroup, volumes } from '../volumes.js';

// The volumes of the pool have 1,220 MiB: a ratio of 1.5 leaves 316 MiB of 1 GiB, which is one more of 300 MiB.
const deviceClasses = `
device-classes:
  - {name: ssd, volume-group: rhel, type: thin, thin-pool: {name: thinpool, overprovision-ratio: 1.5}}
  - {name: default, volume-group: rhel, default: true, spare-gb: 0}
`;

/** What the pools allow by the configuration of lvmd, which is read anew each time. */
export function describePools(use: () => HostUnderTest): void {
  describe('by the configuration of lvmd', () => {
    const write = (text: string): Promise<string> => use().inGuest('printf %s "$1" > "$2"', text, lvmdConfiguration);
    beforeAll(() => write(deviceClasses));

    describeSurvey(() => ({
      survey: (data) => use().call(VolumeSurvey, data),
      thin: [volumes.xfs, volumes.xfsSnapshot],
      sizeBytes: 300 << 20,
      thinClass: 'ssd',
      thick: volumes.thick,
      missing: volumes.missing,
    }));

    it('pool.report tells the device classes, and no budget for a pool of none', async () => {
      const { pools, lvmd } = await use().call(PoolReport, {});
      expect(lvmd).toMatchObject({ state: 'known', path: lvmdConfiguration, deviceClasses: [{ name: 'ssd' }, {}] });
      expect(pools.find(({ volumeGroup }) => volumeGroup === oddGroup)).not.toHaveProperty('budget');
    });

    it.each([
      ['is not understood', 'device-classes: 7', 'unreadable'],
      ['is not there', undefined, 'absent'],
    ])('judges by what LVM says where it %s', async (_what, text, state) => {
      await (text === undefined ? use().inGuest('rm "$1"', lvmdConfiguration) : write(text));
      expect((await use().call(PoolReport, {})).lvmd.state).toBe(state);
      const { volumes: surveyed, findings } = await use().call(VolumeSurvey, {
        volumeHandles: [volumes.xfs, volumes.xfsSnapshot],
      });
      expect(findings).toEqual([]);
      expect(surveyed[0]).not.toHaveProperty('snapshotsLeft');
    });
  });
}
