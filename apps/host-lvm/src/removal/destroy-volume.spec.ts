import { LvUuid, SnapfleetError, VolumeHandle, type DataOf, type VolumeDestroy } from '@snapfleet/contracts';
import type { ReportedVolume } from '@snapfleet/lvm';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ExposureLock } from '../exposure/exposure-lock.js';
import { LeaseJournal } from '../exposure/lease-journal.js';
import { LeaseTable } from '../exposure/lease-table.js';
import { DestroyVolume } from './destroy-volume.use-case.js';
import { InventoryVolumes } from './inventory-volumes.use-case.js';
import { LockHeldError } from './lock-held-error.js';
import type { RemovableVolumes } from './removable-volumes.js';
import { RemovalJournal } from './removal-journal.js';
import { SettleRemovals } from './settle-removals.js';

const volumeHandle = VolumeHandle.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87');
const lvUuid = LvUuid.parse('nh80ZK-2kJ2-fZi2-kQV1-Tc26-LxXV-GTTluO');
const anotherUuid = LvUuid.parse('AnNGMY-UYTq-3718-cfku-UR9J-dRc1-WKovx6');
const start = new Date('2026-11-23T10:00:00Z');
let now: Date;
let slept: number;
const request = (change: Partial<DataOf<typeof VolumeDestroy>> = {}): DataOf<typeof VolumeDestroy> => ({
  volumeHandle,
  lvUuid,
  provenAt: '2026-11-23T09:59:30Z',
  dryRun: false,
  ...change,
});
const reported = (change: Partial<ReportedVolume> = {}): ReportedVolume => ({
  volumeGroup: 'rhel',
  logicalVolume: volumeHandle,
  lvUuid,
  fullName: `rhel/${volumeHandle}`,
  path: `/dev/rhel/${volumeHandle}`,
  deviceMapperPath: `/dev/mapper/rhel-x`,
  sizeBytes: 1 << 30,
  segmentType: 'thin',
  pool: 'thinpool',
  origin: '',
  dataPercent: 1,
  metadataPercent: undefined,
  healthStatus: '',
  checkNeeded: false,
  whenFull: 'queue',
  chunkBytes: 0,
  zeroing: true,
  access: 'read-only',
  active: true,
  open: false,
  neededByOthers: false,
  device: { major: 253, minor: 7 },
  ...change,
});

/** Volumes that are removed as they are told to. */
class FakeVolumes implements RemovableVolumes {
  volumes: ReportedVolume[] = [reported()];
  removed: string[] = [];
  onRemove: () => Promise<void> = () => Promise.resolve();

  find(handle: VolumeHandle): Promise<ReportedVolume> {
    const found = this.volumes.find(({ logicalVolume }) => logicalVolume === handle);
    return found === undefined
      ? Promise.reject(new SnapfleetError('volume_not_found', handle))
      : Promise.resolve(found);
  }

  byUuid(uuid: string): Promise<ReportedVolume | undefined> {
    return Promise.resolve(this.volumes.find((volume) => volume.lvUuid === uuid));
  }

  thinVolumes(): Promise<readonly ReportedVolume[]> {
    return Promise.resolve(this.volumes);
  }

  async remove(handle: VolumeHandle, uuid: LvUuid, expectProven: () => void): Promise<void> {
    await this.onRemove();
    expectProven();
    this.removed.push(`${handle} ${uuid}`);
    this.volumes = this.volumes.filter((volume) => volume.lvUuid !== uuid);
  }
}

let directory: string;
let volumes: FakeVolumes;
let leases: LeaseTable;
let leaseJournal: LeaseJournal;
let removals: RemovalJournal;
let settle: SettleRemovals;
let destroy: DestroyVolume;
const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };

beforeEach(async () => {
  [now, slept] = [start, 0];
  directory = await mkdtemp(join(tmpdir(), 'snapfleet-removal-'));
  volumes = new FakeVolumes();
  leases = new LeaseTable();
  leaseJournal = await LeaseJournal.open(directory);
  removals = await RemovalJournal.open(directory);
  const lock = new ExposureLock();
  settle = new SettleRemovals(removals, volumes, lock, log);
  destroy = new DestroyVolume({
    volumes,
    leases,
    leaseJournal,
    removals,
    settle,
    lock,
    log,
    now: () => now,
    sleep: (milliseconds) => {
      slept += 1;
      now = new Date(now.getTime() + milliseconds);
      return Promise.resolve();
    },
  });
});
afterEach(async () => {
  await leaseJournal.close();
  await rm(directory, { recursive: true, force: true });
});

describe('removing a volume', () => {
  it('writes the intent down before, and ends it after', async () => {
    volumes.onRemove = async () => {
      expect(await removals.unfinished()).toMatchObject([{ volumeHandle, lvUuid, fullName: `rhel/${volumeHandle}` }]);
    };
    expect(await destroy.run(request())).toMatchObject({ removed: true });
    expect(volumes.removed).toEqual([`${volumeHandle} ${lvUuid}`]);
    expect(await removals.unfinished()).toEqual([]);
  });

  it('is a success when it is gone already', async () => {
    volumes.volumes = [];
    expect(await destroy.run(request())).toMatchObject({ removed: false });
  });

  it('only tells what it would do in a dry run', async () => {
    const { proof, removed } = await destroy.run(request({ dryRun: true }));
    expect(removed).toBe(false);
    expect(proof.join('\n')).toContain(lvUuid);
    expect(volumes.removed).toEqual([]);
  });

  it.each([
    ['volume_replaced', { lvUuid: anotherUuid }, {}],
    ['volume_in_use', {}, { open: true }],
    ['volume_in_use', {}, { neededByOthers: true }],
    ['proof_expired', { provenAt: '2026-11-23T09:58:59Z' }, {}],
    ['proof_expired', { provenAt: '2026-11-23T10:00:06Z' }, {}],
  ])('is refused with %s for %j of %j', async (code, change, volume) => {
    volumes.volumes = [reported(volume)];
    await expect(destroy.run(request(change))).rejects.toMatchObject({ code });
    await expect(destroy.run(request({ ...change, dryRun: true }))).rejects.toMatchObject({ code });
    expect(volumes.removed).toEqual([]);
    expect(await removals.unfinished()).toEqual([]);
  });

  it('is refused while a lease is on it, or one that could not be undone', async () => {
    await leaseJournal.write({
      event: 'exposing',
      leaseId: 'one',
      bootId: 'boot',
      volumeHandle,
      lvUuid,
      fullName: `rhel/${volumeHandle}`,
      activates: false,
    });
    await expect(destroy.run(request())).rejects.toMatchObject({ code: 'volume_in_use' });
    expect((await new InventoryVolumes(volumes, leases, leaseJournal).run(undefined)).volumes).toMatchObject([
      { lvUuid, leased: true },
    ]);
  });

  it('tells what LVM said when the volume stays, and that it is open when it was opened meanwhile', async () => {
    const refusal = new SnapfleetError('lvm_failed', 'lvremove ended with exit code 5: in use');
    volumes.onRemove = () => Promise.reject(refusal);
    await expect(destroy.run(request())).rejects.toBe(refusal);
    volumes.onRemove = () => {
      volumes.volumes = [reported({ open: true })];
      return Promise.reject(refusal);
    };
    await expect(destroy.run(request())).rejects.toMatchObject({ code: 'volume_in_use' });
    expect(await removals.unfinished()).toEqual([]);
  });

  it('is not begun once the proof has become old while other commands ran before it', async () => {
    volumes.onRemove = () => {
      now = new Date(start.getTime() + 31_000);
      return Promise.resolve();
    };
    await expect(destroy.run(request())).rejects.toMatchObject({ code: 'proof_expired' });
    expect(volumes.removed).toEqual([]);
    expect(await removals.unfinished()).toEqual([]);
  });

  it('is tried again where somebody has locked the group for a moment, and refused where it stays locked', async () => {
    const held = () => Promise.reject(new LockHeldError(new Error("Can't get lock for rhel.")));
    volumes.onRemove = () => (slept < 2 ? held() : Promise.resolve());
    expect(await destroy.run(request())).toMatchObject({ removed: true });
    volumes.volumes = [reported()];
    volumes.onRemove = held;
    await expect(destroy.run(request())).rejects.toMatchObject({
      code: 'lvm_failed',
      retryable: true,
      message: expect.stringContaining('nothing was removed') as unknown,
    });
    expect(slept).toBe(2 + 4);
    expect(await removals.unfinished()).toEqual([]);
  });

  it('is not tried again with a proof that has become old', async () => {
    volumes.onRemove = () => {
      now = new Date(start.getTime() + 31_000);
      return slept === 0 ? Promise.reject(new LockHeldError(undefined)) : Promise.resolve();
    };
    await expect(destroy.run(request())).rejects.toMatchObject({ code: 'proof_expired' });
    expect(volumes.removed).toEqual([]);
  });

  it('is not told as done when LVM selected nothing', async () => {
    volumes.remove = () => Promise.resolve();
    await expect(destroy.run(request())).rejects.toMatchObject({ code: 'lvm_failed' });
  });
});

describe('after a removal that cannot be looked at', () => {
  it('the next look settles it', async () => {
    vi.spyOn(volumes, 'byUuid').mockRejectedValueOnce(new SnapfleetError('lvm_failed', 'lvs was ended by SIGKILL'));
    await settle.run();
    await expect(destroy.run(request())).rejects.toMatchObject({ code: 'lvm_failed' });
    expect(await removals.unfinished()).toMatchObject([{ lvUuid }]);
    await settle.run();
    expect(log.info).toHaveBeenCalledWith('volume.destroyed', { volume: `rhel/${volumeHandle}`, lvUuid });
    expect(await removals.unfinished()).toEqual([]);
  });
});

describe('after a crash', () => {
  it.each([
    ['volume.destroyed', []],
    ['volume.not-destroyed', [reported()]],
  ])('a removal that was begun is settled by a look: %s', async (event, left) => {
    volumes.remove = () => new Promise(() => undefined);
    void destroy.run(request());
    await vi.waitFor(async () => {
      expect(await removals.unfinished()).toHaveLength(1);
    });
    volumes.volumes = left;
    const reopened = await RemovalJournal.open(directory);
    await new SettleRemovals(reopened, volumes, new ExposureLock(), log).run();
    expect(log.info).toHaveBeenCalledWith(event, { volume: `rhel/${volumeHandle}`, lvUuid });
    expect(await reopened.unfinished()).toEqual([]);
    expect(volumes.removed).toEqual([]);
  });

  it('a removal that cannot be looked at is settled by a later look, and none that was begun meanwhile', async () => {
    const intent = { volumeHandle, lvUuid, fullName: `rhel/${volumeHandle}`, begunAt: now.toISOString() };
    await removals.begin(intent);
    const look = vi.spyOn(volumes, 'byUuid').mockRejectedValueOnce(new SnapfleetError('lvm_failed', 'hangs'));
    await settle.run();
    expect(await removals.unfinished()).toEqual([intent]);
    await removals.begin({ ...intent, lvUuid: anotherUuid });
    await settle.run();
    await settle.run();
    expect((await removals.unfinished()).map((left) => left.lvUuid)).toEqual([anotherUuid]);
    expect(look).toHaveBeenCalledTimes(2);
  });
});

describe('the inventory', () => {
  it('comes in pages, each volume once', async () => {
    const handleOf = (index: number): VolumeHandle =>
      VolumeHandle.parse(`5b0a4c3e-7f2d-5c1a-9e8b-${String(index).padStart(12, '0')}`);
    volumes.volumes = Array.from({ length: 1001 }, (_, index) =>
      reported({ logicalVolume: handleOf(index), fullName: `rhel/${handleOf(index)}` }),
    );
    const inventory = new InventoryVolumes(volumes, leases, leaseJournal);
    const names: string[] = [];
    let after: string | undefined;
    do {
      const page = await inventory.run(after);
      names.push(...page.volumes.map(({ logicalVolume }) => logicalVolume));
      after = page.next;
    } while (after !== undefined);
    expect(names).toEqual(volumes.volumes.map(({ logicalVolume }) => logicalVolume));
  });
});
