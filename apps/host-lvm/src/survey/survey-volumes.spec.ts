import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VolumeHandle, VolumeSurvey, type LvmdFacts } from '@snapfleet/contracts';
import type { ReportedVolume, VolumeReport } from '@snapfleet/lvm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeHost } from '../exposure/host.fake.js';
import { LvmdConfigurationFile } from './lvmd-configuration-file.js';
import { SurveyVolumes } from './survey-volumes.use-case.js';

const handle = VolumeHandle.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87');
const another = VolumeHandle.parse('6b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87');
const gibibyte = 1 << 30;
const known: LvmdFacts = {
  state: 'known',
  path: '/etc/topolvm/lvmd.yaml',
  deviceClasses: [
    { type: 'thin', name: 'ssd', volumeGroup: 'rhel', default: true, pool: 'thinpool', overprovisionRatio: 3 },
  ],
};
const ask = VolumeSurvey.data.parse({ volumeHandles: [handle, another, handle] });

let volume: ReportedVolume;
let pool: ReportedVolume;
beforeEach(async () => {
  volume = await new FakeHost([handle]).find(handle);
  pool = { ...volume, logicalVolume: 'thinpool', segmentType: 'thin-pool', pool: '', sizeBytes: gibibyte };
  Object.assign(pool, { dataPercent: 10, metadataPercent: 5, chunkBytes: 65_536 });
});

const survey = (report: VolumeReport, lvmd: LvmdFacts = known, groups?: string[]): SurveyVolumes =>
  new SurveyVolumes({ report: () => Promise.resolve(report) }, { read: () => Promise.resolve(lvmd) }, groups);

describe('a survey', () => {
  it('is of one report, with each volume once, and names what is missing', async () => {
    const { volumes, findings } = await survey({ volumes: [volume, pool], unreadable: [] }).run(ask);
    expect(volumes).toEqual([
      expect.objectContaining({ volumeHandle: handle, snapshotsLeft: 2 }),
      { volumeHandle: another },
    ]);
    expect(findings.map(({ code }) => code)).toEqual(['volume_not_found']);
  });

  it('answers for the other volumes where one row of the report is not understood', async () => {
    const unreadable = [{ volumeGroup: 'rhel', logicalVolume: another, why: 'lv_size: Invalid string' }];
    const { volumes, findings } = await survey({ volumes: [volume, pool], unreadable }).run(ask);
    expect(volumes[0]?.logicalVolume?.logicalVolume).toBe(handle);
    // The row may be of this pool and count, so what the pool has left is not known.
    expect(volumes[0]).not.toHaveProperty('snapshotsLeft');
    expect(findings).toEqual([
      expect.objectContaining({ code: 'lvm_failed', message: expect.stringContaining('Invalid string') as unknown }),
    ]);
  });

  it('finds a thin volume whose pool is not reported', async () => {
    const { findings } = await survey({ volumes: [volume], unreadable: [] }).run({ ...ask, volumeHandles: [handle] });
    expect(findings.map(({ message }) => message)).toEqual([
      `lvs does not tell of the thin pool rhel/thinpool of rhel/${handle}`,
    ]);
  });

  it('looks into the volume groups of the settings only', async () => {
    const { findings } = await survey({ volumes: [volume, pool], unreadable: [] }, known, ['data']).run(ask);
    expect(findings.map(({ code }) => code)).toEqual(['volume_not_found', 'volume_not_found']);
  });
});

describe('the configuration of lvmd', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'snapfleet-lvmd-'));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  it('is the first file that exists, as it is now', async () => {
    const [first, second] = [join(directory, 'first'), join(directory, 'second')];
    const file = new LvmdConfigurationFile([first, second]);
    expect(await file.read()).toEqual({ state: 'absent' });
    await writeFile(second, 'device-classes: [{name: two, volume-group: rhel}]');
    expect(await file.read()).toMatchObject({ state: 'known', path: second, deviceClasses: [{ name: 'two' }] });
    await writeFile(first, 'device-classes: [{name: one, volume-group: rhel}]');
    expect(await file.read()).toMatchObject({ state: 'known', path: first, deviceClasses: [{ name: 'one' }] });
  });

  it.each([
    ['is nonsense', 'device-classes: nonsense'],
    ['is far too large', '#'.repeat(300_000)],
  ])('is unreadable, and says why, where it %s', async (_what, text) => {
    const path = join(directory, 'lvmd.yaml');
    await writeFile(path, text);
    expect(await new LvmdConfigurationFile([path, '/nowhere']).read()).toMatchObject({
      state: 'unreadable',
      path,
      message: expect.stringMatching(/device-classes|300000 bytes/) as unknown,
    });
  });

  it('is unreadable where it is no file', async () => {
    expect(await new LvmdConfigurationFile([directory]).read()).toMatchObject({ state: 'unreadable' });
  });
});
