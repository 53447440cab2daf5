import { access, mkdtemp, rm, writeFile, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { VolumeHandle } from '@snapfleet/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAdmitted } from './admission/admission.js';
import { EmbeddedDevice, type EmbeddedDeviceOptions } from './embedded-device.js';
import { HostVolumes } from './host/host-volumes.js';
import { types } from './store/resource-types.js';

const mebibyte = 1 << 20;
let directory: string;
const devices: EmbeddedDevice[] = [];

async function start(name: string, options: Partial<EmbeddedDeviceOptions> = {}): Promise<EmbeddedDevice> {
  const device = new EmbeddedDevice({ stateDirectory: join(directory, name), ...options });
  devices.push(device);
  await device.start();
  return device;
}

async function until<T>(what: string, condition: () => T | undefined): Promise<T> {
  const end = Date.now() + 5_000;
  for (;;) {
    const value = condition();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await turn();
  }
}

const demo = { namespace: 'demo', name: 'notes-data' };

/** The handle of the demonstration's volume, once its Pod runs. */
function demoHandle(device: EmbeddedDevice): Promise<string> {
  return until('the Pod runs', () => {
    const running = device.objects.list(types.pods, 'demo').some(({ status }) => status?.phase === 'Running');
    const { spec } = device.objects.find(types.claims, demo);
    const volume = device.objects.get(types.volumes, { name: spec.volumeName ?? '' });
    return running ? volume?.spec.csi?.volumeHandle : undefined;
  });
}

function takeSnapshot(device: EmbeddedDevice, name: string): void {
  const spec = { source: { persistentVolumeClaimName: demo.name } };
  createAdmitted(device.objects, types.snapshots, { metadata: { name }, spec }, 'demo');
}

const errorOf = (device: EmbeddedDevice, name: string): Promise<string> =>
  until('the snapshot has an error', () => {
    return device.objects.find(types.snapshots, { namespace: 'demo', name }).status?.error?.message;
  });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'snapfleet-device-'));
});
afterEach(async () => {
  await Promise.all(devices.splice(0).map((device) => device.stop()));
  await rm(directory, { recursive: true, force: true });
});

describe('an embedded device', () => {
  it('runs beside others in one process, each with its own objects and volumes', async () => {
    const one = await start('one');
    const other = await start('other');
    one.seedDemo();
    const handle = await demoHandle(one);
    expect(one.pool.find(handle)?.sizeBytes).toBe(320 * mebibyte);
    expect(other.objects.list(types.pods)).toEqual([]);
    expect(other.pool.list()).toEqual([]);
    expect(one.apiUrl).not.toBe(other.apiUrl);
  });

  it('hands a snapshot out under a lease, during which it is not removed', async () => {
    const device = await start('one');
    device.seedDemo();
    await writeFile(join(device.pool.find(await demoHandle(device))?.path ?? '', 'note'), 'first');
    takeSnapshot(device, 'point');
    const handle = await until('the snapshot is ready', () => {
      return device.objects.list(types.snapshotContents)[0]?.status?.snapshotHandle;
    });
    const host = new HostVolumes(device);
    const lease = await host.expose({
      volumeHandle: VolumeHandle.parse(handle),
      volumeMode: 'Filesystem',
      leaseKey: 'backup-1',
      leaseSeconds: 600,
    });
    expect(await readFile(join(lease.path, 'note'), 'utf8')).toBe('first');
    expect(lease.logicalVolume).toMatchObject({ access: 'read-only', sizeBytes: 320 * mebibyte });
    await expect(device.pool.remove(handle)).rejects.toThrow('in use');
    expect(() => host.renew('backup-2', 60)).toThrow(expect.objectContaining({ code: 'lease_not_found' }) as Error);
    expect([host.conceal('backup-1'), host.conceal('backup-1')]).toEqual([true, false]);
    await device.pool.remove(handle);
    await expect(host.locate(handle)).rejects.toMatchObject({ code: 'volume_not_found' });
  });

  it('tells a snapshot of a thick class as TopoLVM does', async () => {
    const device = await start('one', {
      deviceClasses: [{ name: 'thin', type: 'thick', sizeBytes: 1024 * mebibyte, overprovisionRatio: 1 }],
    });
    device.seedDemo();
    const handle = await demoHandle(device);
    takeSnapshot(device, 'point');
    expect(await errorOf(device, 'point')).toContain(
      `failed to take snapshot of the volume ${handle}: "rpc error: code = Unimplemented desc = device class is not thin. Thick snapshots are not implemented yet"`,
    );
  });

  it('tells a snapshot beyond the budget of the pool, and keeps the mark that one may be in the making', async () => {
    const device = await start('one', {
      deviceClasses: [{ name: 'thin', type: 'thin', sizeBytes: 100 * mebibyte, overprovisionRatio: 4 }],
    });
    device.seedDemo();
    await demoHandle(device);
    takeSnapshot(device, 'point');
    const free = 80 * mebibyte;
    expect(await errorOf(device, 'point')).toContain(
      `no enough space left on VG: free=${String(free)}, desiredSize=${String(320 * mebibyte)}`,
    );
    const [content] = device.objects.list(types.snapshotContents);
    const mark = 'snapshot.storage.kubernetes.io/volumesnapshot-being-created';
    expect(content?.metadata.annotations?.[mark]).toBe('yes');
  });

  it('removes volumes of an earlier process and nothing else in its directory', async () => {
    const device = await start('one');
    device.seedDemo();
    const path = device.pool.find(await demoHandle(device))?.path ?? '';
    await device.stop();
    await writeFile(join(directory, 'one', 'volumes', 'mine'), '');
    await start('one');
    await expect(access(path)).rejects.toThrow('ENOENT');
    await access(join(directory, 'one', 'volumes', 'mine'));
  });
});
