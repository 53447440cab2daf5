import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VolumeHandle } from '@snapfleet/contracts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeHost } from '../exposure/host.fake.js';
import { confirmDevice, deviceNumberOf } from './device-identity.js';

const handle = VolumeHandle.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87');
const lvUuid = 'MCktsM-lEsl-kUX0-4dFS-Ttr2-qa1k-0A0OCa';
const dmUuid = 'LVM-CQ0PBpdEuN7FKh3epR5GTh00udgCFXU9MCktsMlEslkUX04dFSTtr2qa1k0A0OCa';
let sysfs: string;

beforeEach(async () => {
  sysfs = await mkdtemp(join(tmpdir(), 'snapfleet-sysfs-'));
});
afterEach(async () => {
  await rm(sysfs, { recursive: true, force: true });
});

async function confirm(uuid: string | undefined): Promise<void> {
  const directory = join(sysfs, 'dev/block/254:300/dm');
  await mkdir(directory, { recursive: true });
  if (uuid !== undefined) await writeFile(join(directory, 'uuid'), `${uuid}\n`);
  const volume = { ...(await new FakeHost([handle]).find(handle)), lvUuid };
  await confirmDevice(0x10_fe_2cn, volume, sysfs);
}

it('takes the number of a device apart', async () => {
  expect(deviceNumberOf(0x10_fe_2cn)).toEqual({ major: 254, minor: 300 });
  expect(deviceNumberOf((await stat('/dev/null', { bigint: true })).rdev)).toEqual({ major: 1, minor: 3 });
});

it('confirms the device of a volume', async () => {
  await expect(confirm(dmUuid)).resolves.toBeUndefined();
});

it.each([
  ['another volume', dmUuid.replace('MCkts', 'XCkts')],
  ['a layer below a volume', `${dmUuid}-tpool`],
  ['a device that is none of LVM', 'CRYPT-x'],
  ['a device that is none of device-mapper', undefined],
])('refuses %s', async (_what, uuid) => {
  await expect(confirm(uuid)).rejects.toMatchObject({
    code: 'lvm_failed',
    message: expect.stringContaining('was replaced in the meantime') as unknown,
  });
});
