import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { beforeEach, expect, test, vi } from 'vitest';
import { never, now, putReadySnapshot } from '../testing/samples.js';
import { ReleaseFinalizersUseCase } from './release-finalizers.use-case.js';

const bound = 'snapshot.storage.kubernetes.io/volumesnapshot-bound-protection';
let cluster: FakeCluster;
let volumeSnapshotName: string;
const change = (metadata: object): void =>
  cluster.snapshots.change({ namespace: 'shop', name: volumeSnapshotName }, { metadata });

beforeEach(() => {
  log.log.mockClear();
  cluster = new FakeCluster();
  volumeSnapshotName = putReadySnapshot(cluster).volumeSnapshotName;
  change({ finalizers: [bound], deletionTimestamp: '2026-11-23T11:50:00Z' });
});

const log = { log: vi.fn() };
const release = (dryRun = false, volumeSnapshotUid?: string) =>
  new ReleaseFinalizersUseCase(cluster, now, log).run(
    { namespace: 'shop', volumeSnapshotName, volumeSnapshotUid, graceSeconds: 300, dryRun },
    never,
  );

test('a dry run names the finalizers and removes nothing', async () => {
  await expect(release(true)).resolves.toEqual({ finalizers: [bound], blockedBy: [], released: false });
  expect(cluster.writes).toEqual([]);
});

test('with full proof the finalizers go, and the VolumeSnapshot with them', async () => {
  await expect(release()).resolves.toEqual({ finalizers: [bound], blockedBy: [], released: true });
  expect(cluster.snapshots.objects.size).toBe(0);
});

test('which ones are taken off is written down before it is done', async () => {
  cluster.snapshots.patch = () => Promise.reject(new Error('the API server is away'));
  await expect(release()).rejects.toThrow('away');
  expect(log.log).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ event: 'finalizers.releasing', finalizers: [bound] }),
  );
});

test('one that is gone, or another one of its name, is none', async () => {
  await expect(release(false, 'another')).resolves.toBeUndefined();
  expect(cluster.writes).toEqual([]);
  cluster.snapshots.objects.clear();
  await expect(release()).resolves.toBeUndefined();
});

test('a content that refers to it forbids the release', async () => {
  const uid = cluster.snapshots.objects.get(`shop/${volumeSnapshotName}`)?.metadata.uid;
  const spec = { driver: 'topolvm.io', deletionPolicy: 'Delete', volumeSnapshotRef: { uid }, source: {} };
  cluster.snapshotContents.put({ metadata: { name: 'content' }, spec } as never);
  await expect(release()).resolves.toMatchObject({
    released: false,
    blockedBy: ['VolumeSnapshotContent content refers to it'],
  });
});

test('a claim that is being restored from it forbids the release', async () => {
  const dataSource = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: volumeSnapshotName };
  cluster.claims.put({
    metadata: { name: 'c', namespace: 'shop' },
    spec: { dataSource },
    status: { phase: 'Pending' },
  } as never);
  await expect(release()).resolves.toMatchObject({
    released: false,
    blockedBy: ['PersistentVolumeClaim c is being restored from it'],
  });
});

test('nothing is released that is not being deleted, or only since a moment ago', async () => {
  change({ deletionTimestamp: '2026-11-23T11:59:00Z' });
  await expect(release()).resolves.toMatchObject({ released: false, blockedBy: [expect.stringContaining('60 s ago')] });
  change({ deletionTimestamp: null });
  await expect(release()).resolves.toMatchObject({ released: false, blockedBy: ['its deletion was not asked for'] });
});

test('finalizers of others, and VolumeSnapshots of others, are not touched', async () => {
  change({ finalizers: [bound, 'example.com/hold'], labels: null });
  await expect(release()).resolves.toMatchObject({
    released: false,
    blockedBy: ['finalizer example.com/hold', 'it was not made by Snapfleet'],
  });
});
