import { VolumeSurvey, type DataInputOf, type ReplyOf, type VolumeHandle } from '@snapfleet/contracts';
import { describe, expect, test } from 'vitest';

/** A host whose pool has room for one more snapshot of each of two volumes, but not for both. */
export interface SurveyedHost {
  readonly survey: (data: DataInputOf<typeof VolumeSurvey>) => Promise<ReplyOf<typeof VolumeSurvey>>;
  /** Two thin volumes of one size; more than 0.01 % of their pool is used. */
  readonly thin: readonly [VolumeHandle, VolumeHandle];
  readonly sizeBytes: number;
  readonly thinClass: string;
  readonly thick: VolumeHandle;
  readonly missing: VolumeHandle;
}

/** What `volume.survey` tells, on a real host and on an embedded device. */
export function describeSurvey(use: () => SurveyedHost): void {
  describe('volume.survey', () => {
    test('tells the volumes with the numbers of their pool, and finds nothing where there is room', async () => {
      const { survey, thin, sizeBytes, thinClass } = use();
      const { volumes, findings } = await survey({ volumeHandles: [thin[0], thin[0]] });
      expect(findings).toEqual([]);
      expect(volumes).toHaveLength(1);
      const [{ logicalVolume, pool, snapshotsLeft } = { logicalVolume: undefined }] = volumes;
      expect(logicalVolume).toMatchObject({ logicalVolume: thin[0], sizeBytes });
      expect(pool).toMatchObject({ health: 'ok', pool: logicalVolume?.pool, budget: { deviceClass: thinClass } });
      expect(pool?.dataPercent).toBeGreaterThan(0);
      const { overprovisionRatio = 0, freeBytes } = pool?.budget ?? {};
      expect(freeBytes).toBe(Math.floor(overprovisionRatio * (pool?.sizeBytes ?? 0)) - (pool?.virtualBytes ?? 0));
      expect(snapshotsLeft).toBe(1);
    });

    test('charges the volumes of one window together', async () => {
      const { survey, thin, sizeBytes, thinClass } = use();
      const { volumes, findings } = await survey({ volumeHandles: [...thin] });
      expect(volumes.map(({ snapshotsLeft }) => snapshotsLeft)).toEqual([1, 1]);
      expect(findings).toEqual([
        expect.objectContaining({
          code: 'pool_headroom_missing',
          retryable: false,
          message: expect.stringMatching(
            new RegExp(`virtual budget .* 2 snapshots are charged ${2 * sizeBytes} \\(device class ${thinClass},`),
          ) as unknown,
        }),
      ]);
    });

    test('names the percentage that is over its limit', async () => {
      const { survey, thin } = use();
      const { findings } = await survey({ volumeHandles: [thin[0]], thresholds: { dataPercent: 0.01 } });
      expect(findings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
        expect.stringMatching(
          /^pool_headroom_missing: Thin pool \S+: its data is [\d.]+ % full, and a snapshot is made below 0\.01 %$/,
        ),
      ]);
    });

    test('finds what is absent or thick, and tells the others all the same', async () => {
      const { survey, thin, thick, missing, thinClass } = use();
      const { volumes, findings } = await survey({ volumeHandles: [missing, thin[1], thick] });
      expect(volumes.map(({ volumeHandle }) => volumeHandle)).toEqual([missing, thin[1], thick]);
      expect(volumes.map(({ logicalVolume }) => logicalVolume !== undefined)).toEqual([false, true, false]);
      expect(findings.map(({ code }) => code)).toEqual(['volume_not_found', 'thick_device_class']);
      expect(findings[1]?.message).toContain(`Use a StorageClass of the thin device class ${thinClass} `);
    });
  });
}
