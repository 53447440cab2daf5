import { ObjectName, type BoundSnapshot } from '@snapfleet/contracts';
import { beforeEach, expect, test } from 'vitest';
import { TakeSnapshotUseCase } from '../snapshot-take/take-snapshot.use-case.js';
import { FakeCluster } from '../testing/fake-cluster.js';
import { never, playSnapshotController, putClaim, restorePointId, where } from '../testing/samples.js';
import { RemoveSnapshotUseCase } from './remove-snapshot.use-case.js';

let cluster: FakeCluster;
let snapshot: BoundSnapshot;

async function begin(policy: 'Delete' | 'Retain'): Promise<void> {
  cluster = new FakeCluster();
  const { uid } = putClaim(cluster);
  playSnapshotController(cluster, policy);
  const volumeSnapshotClassName = ObjectName.parse('c');
  snapshot = await new TakeSnapshotUseCase(cluster, new RemoveSnapshotUseCase(cluster)).run(
    { restorePointId, ...where, claimUid: uid, volumeSnapshotClassName, readyDeadlineSeconds: 9 },
    never,
  );
  cluster.writes.length = 0;
}
beforeEach(() => begin('Delete'));

const remove = (purge = false, known = true) =>
  new RemoveSnapshotUseCase(cluster).run(
    { restorePointId, ...where, ...(known ? { snapshot } : {}), purge, deadlineSeconds: 9 },
    never,
  );

test('under Delete the content goes with the VolumeSnapshot', async () => {
  await expect(remove()).resolves.toEqual({ freed: true });
  expect(cluster.writes).toEqual([`delete VolumeSnapshot ${snapshot.volumeSnapshotName}`]);
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
  expect(cluster.writes).toEqual([]);
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
  expect(cluster.writes).toEqual([]);
});

test('a VolumeSnapshot that does not go is told with its finalizers', async () => {
  cluster.controllers.length = 0;
  await expect(remove()).rejects.toMatchObject({
    code: 'snapshot_delete_pending',
    retryable: true,
    message: expect.stringContaining('finalizers: bound-protection') as string,
  });
});
