import { ObjectName, RestorePointId, type BoundSnapshot, type ObjectUid } from '@snapfleet/contracts';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { beforeEach, expect, test, vi } from 'vitest';
import { TakeSnapshotUseCase } from '../snapshot-take/take-snapshot.use-case.js';
import {
  fencingToken,
  laterFencingToken,
  never,
  playSnapshotController,
  putClaim,
  restorePointId,
  where,
} from '../testing/samples.js';
import { RemoveSnapshotUseCase } from './remove-snapshot.use-case.js';

const begun = (): void => undefined;
const otherRestorePointId = RestorePointId.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a99');
let cluster: FakeCluster;
let snapshot: BoundSnapshot;
let claimUid: ObjectUid;

const take = () =>
  new TakeSnapshotUseCase(cluster, new RemoveSnapshotUseCase(cluster), { begun }).run(
    {
      restorePointId,
      fencingToken,
      ...where,
      claimUid,
      volumeSnapshotClassName: ObjectName.parse('c'),
      readyDeadlineSeconds: 9,
    },
    never,
  );

async function begin(policy: 'Delete' | 'Retain'): Promise<void> {
  cluster = new FakeCluster();
  claimUid = putClaim(cluster).uid;
  playSnapshotController(cluster, policy);
  snapshot = await take();
  cluster.writes.length = 0;
}
beforeEach(() => begin('Delete'));

const note = `patch PersistentVolumeClaim orders {"metadata":{"annotations":{"snapfleet.io/fencing-token":"${String(fencingToken)}"}}}`;

const remove = (purge = false, known = true) =>
  new RemoveSnapshotUseCase(cluster).run(
    { restorePointId, fencingToken, ...where, ...(known ? { snapshot } : {}), purge, deadlineSeconds: 9 },
    never,
  );

test('under Delete the content goes with the VolumeSnapshot', async () => {
  await expect(remove()).resolves.toEqual({ freed: true });
  expect(cluster.writes).toEqual([note, `delete VolumeSnapshot ${snapshot.volumeSnapshotName}`]);
});

test('what is gone already is a success', async () => {
  await remove();
  await expect(remove()).resolves.toEqual({ freed: true });
  await expect(remove(true, false)).resolves.toEqual({ freed: true });
});

test('a logical volume that is left although the objects are gone is not told as freed', async () => {
  await remove();
  cluster.logicalVolumes.put({ metadata: { name: `snapshot-${snapshot.volumeSnapshotUid}` }, spec: {} } as never);
  await expect(remove()).resolves.toEqual({ freed: false });
});

test('under Retain the content stays and is named, each time', async () => {
  await begin('Retain');
  const retained = { freed: false, retainedContentName: snapshot.volumeSnapshotContentName };
  await expect(remove()).resolves.toEqual(retained);
  await expect(remove()).resolves.toEqual(retained);
  expect(cluster.snapshotContents.objects.size).toBe(1);
});

test('a purge under Retain changes the policy before it deletes the VolumeSnapshot', async () => {
  await begin('Retain');
  await expect(remove(true)).resolves.toEqual({ freed: true });
  expect(cluster.writes).toEqual([
    note,
    `patch VolumeSnapshotContent ${snapshot.volumeSnapshotContentName} {"spec":{"deletionPolicy":"Delete"},"metadata":{}}`,
    `delete VolumeSnapshot ${snapshot.volumeSnapshotName}`,
  ]);
  expect(cluster.snapshotContents.objects.size).toBe(0);
});

test.each([true, false])(
  'a content that was retained earlier can be purged later (snapshot known: %s)',
  async (known) => {
    await begin('Retain');
    await remove();
    await expect(remove(true, known)).resolves.toEqual({ freed: true });
    expect(cluster.snapshotContents.objects.size).toBe(0);
  },
);

test('a content that is bound to another VolumeSnapshot of that name is not touched', async () => {
  await begin('Retain');
  await remove();
  const name = snapshot.volumeSnapshotContentName;
  cluster.snapshotContents.change({ name }, { spec: { volumeSnapshotRef: { uid: 'another' } } });
  await expect(remove(true)).resolves.toEqual({ freed: true });
  expect(cluster.snapshotContents.objects.size).toBe(1);
});

test('a content of another driver is not touched', async () => {
  await begin('Retain');
  await remove();
  cluster.snapshotContents.change({ name: snapshot.volumeSnapshotContentName }, { spec: { driver: 'other' } });
  await remove(true);
  expect(cluster.snapshotContents.objects.size).toBe(1);
});

test('a VolumeSnapshot without our label, or another one of its name, is not deleted', async () => {
  cluster.snapshots.change({ namespace: 'shop', name: snapshot.volumeSnapshotName }, { metadata: { uid: 'another' } });
  await expect(remove()).rejects.toMatchObject({ code: 'not_ours' });
  cluster.snapshots.change({ namespace: 'shop', name: snapshot.volumeSnapshotName }, { metadata: { labels: null } });
  await expect(remove(true, false)).rejects.toMatchObject({ code: 'not_ours' });
  expect(cluster.writes).toEqual([note]);
});

test('claims that are being restored from it are named, and nothing is deleted', async () => {
  const dataSource = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: snapshot.volumeSnapshotName };
  cluster.claims.put({
    metadata: { name: 'waits', namespace: 'shop' },
    spec: { dataSource },
    status: { phase: 'Pending' },
  } as never);
  cluster.claims.put({
    metadata: { name: 'done', namespace: 'shop' },
    spec: { dataSource },
    status: { phase: 'Bound' },
  } as never);
  const inUse = { code: 'snapshot_in_use', message: expect.stringMatching(/waits$/) as string };
  await expect(remove()).rejects.toMatchObject(inUse);
  expect(cluster.writes).toEqual([note]);
});

test('a VolumeSnapshot that does not go is told with its finalizers', async () => {
  cluster.controllers.length = 0;
  await expect(remove()).rejects.toMatchObject({
    code: 'snapshot_delete_pending',
    retryable: true,
    message: expect.stringContaining('finalizers: bound-protection') as string,
  });
});

test('a take that comes after the removal makes nothing', async () => {
  await remove();
  cluster.writes.length = 0;
  await expect(take()).rejects.toMatchObject({ code: 'operation_superseded', retryable: false });
  expect(cluster.writes).toEqual([]);
});

test('a take that had looked before the removal, and makes the snapshot after it, removes it again', async () => {
  await remove();
  const claims = cluster.claims;
  const present = claims.objects.get('shop/orders');
  const asItWas = { ...present, metadata: { ...present?.metadata, annotations: {} } };
  vi.spyOn(claims, 'get').mockResolvedValueOnce(asItWas as never);
  await expect(take()).rejects.toMatchObject({ code: 'operation_superseded' });
  expect(cluster.writes).toContain(`create VolumeSnapshot ${snapshot.volumeSnapshotName}`);
  expect(cluster.snapshots.objects.size + cluster.snapshotContents.objects.size).toBe(0);
});

test('a take that comes once more, after a later operation has ended on the claim, leaves the snapshot, which is good', async () => {
  const later = { restorePointId: otherRestorePointId, fencingToken: laterFencingToken, ...where };
  await new RemoveSnapshotUseCase(cluster).run({ ...later, purge: true, deadlineSeconds: 9 }, never);
  await expect(take()).rejects.toMatchObject({ code: 'operation_superseded' });
  expect(cluster.snapshots.objects.size).toBe(1);
});

test('a take that comes once more, after its claim was made again, leaves the snapshot', async () => {
  putClaim(cluster);
  await expect(take()).rejects.toMatchObject({ code: 'pvc_changed' });
  expect(cluster.snapshots.objects.size).toBe(1);
});

test('a failed take that cleans up after itself can be tried again', async () => {
  const command = { restorePointId, ...where, purge: true, deadlineSeconds: 9 };
  await new RemoveSnapshotUseCase(cluster).removeObjects(command, never);
  await expect(take()).resolves.toMatchObject({ volumeSnapshotName: snapshot.volumeSnapshotName });
});
