import { ObjectName, ObjectUid, SnapfleetError, type ClusterPurge, type DataOf } from '@snapfleet/contracts';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { ReleaseFinalizersUseCase } from '../finalizer-release/release-finalizers.use-case.js';
import { RemoveOrReleaseUseCase } from '../snapshot-remove/remove-or-release.use-case.js';
import { RemoveSnapshotUseCase } from '../snapshot-remove/remove-snapshot.use-case.js';
import { TakeSnapshotUseCase } from '../snapshot-take/take-snapshot.use-case.js';
import {
  never,
  now,
  operationId,
  playSnapshotController,
  putClaim,
  restorePointId,
  where,
} from '../testing/samples.js';
import { PurgeOrphanUseCase } from './purge-orphan.use-case.js';

type Target = DataOf<typeof ClusterPurge>['target'];

const name = `snapfleet-${restorePointId}`;
let cluster: FakeCluster;
let uid: ObjectUid;
let contentName: string;

const take = async (policy: 'Delete' | 'Retain'): Promise<void> => {
  cluster = new FakeCluster();
  const claimUid = putClaim(cluster).uid;
  playSnapshotController(cluster, policy);
  const remover = new RemoveSnapshotUseCase(cluster);
  const snapshot = await new TakeSnapshotUseCase(cluster, remover, { begun: () => undefined }).run(
    { restorePointId, ...where, claimUid, volumeSnapshotClassName: ObjectName.parse('c'), readyDeadlineSeconds: 9 },
    never,
  );
  uid = snapshot.volumeSnapshotUid;
  contentName = snapshot.volumeSnapshotContentName;
  cluster.writes.length = 0;
};
beforeEach(() => take('Retain'));

function purge(target: Target, more: { dryRun?: boolean; releaseFinalizers?: boolean } = {}) {
  const releaseFinalizers = new ReleaseFinalizersUseCase(cluster, now, { log: () => undefined });
  const removeSnapshot = new RemoveOrReleaseUseCase(new RemoveSnapshotUseCase(cluster), releaseFinalizers);
  return new PurgeOrphanUseCase({ cluster, removeSnapshot, releaseFinalizers, now }).run(
    { restorePointId, ...where, target, dryRun: false, releaseFinalizers: false, deadlineSeconds: 9, ...more },
    never,
  );
}
const snapshotTarget = (): Target => ({
  kind: 'volume-snapshot',
  namespace: where.namespace,
  name: ObjectName.parse(name),
  uid,
});
const contentTarget = (): Target => ({
  kind: 'volume-snapshot-content',
  name: ObjectName.parse(contentName),
  uid: ObjectUid.parse(cluster.snapshotContents.objects.get(`/${contentName}`)?.metadata.uid),
  volumeSnapshotUid: uid,
});
const blocked = async (action: Promise<unknown>): Promise<string> => {
  const error: unknown = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SnapfleetError) || error.code !== 'orphan_not_purgeable')
    throw new Error('was not refused', { cause: error });
  expect(cluster.writes).toEqual([]);
  return error.message;
};

describe('a VolumeSnapshot of a restore point that has ended', () => {
  test('is purged with its content, under Retain too', async () => {
    await expect(purge(snapshotTarget())).resolves.toMatchObject({ removed: true });
    expect(cluster.snapshots.objects.size + cluster.snapshotContents.objects.size).toBe(0);
  });

  test('is only examined in a dry run; one that hangs is told with its finalizers', async () => {
    cluster.snapshots.change({ namespace: 'shop', name }, { metadata: { deletionTimestamp: '2026-11-23T11:00:00Z' } });
    const { proof, removed } = await purge(snapshotTarget(), { dryRun: true });
    expect(removed).toBe(false);
    expect(proof.join('\n')).toMatch(/its finalizers bound-protection must stay/);
    expect(cluster.writes).toEqual([]);
  });

  test.each([
    ['another label', { metadata: { labels: { 'snapfleet.io/restore-point': operationId.replace('5', '6') } } }],
    ['no label', { metadata: { labels: null } }],
    ['another claim', { spec: { source: { persistentVolumeClaimName: 'other' } } }],
    ['a content as source', { spec: { source: { persistentVolumeClaimName: null, volumeSnapshotContentName: 'c' } } }],
  ])('with %s is not ours', async (_what, change) => {
    cluster.snapshots.change({ namespace: 'shop', name }, change);
    expect(await blocked(purge(snapshotTarget()))).toContain('does not carry the marks');
  });

  test('stays while a claim is being restored from it', async () => {
    const dataSource = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name };
    const claim = { metadata: { namespace: 'shop', name: 'r' }, spec: { dataSource }, status: { phase: 'Pending' } };
    cluster.claims.put(claim);
    expect(await blocked(purge(snapshotTarget()))).toContain('shop/r is being restored from it');
  });

  test('is known by its uid: another one of its name is left alone', async () => {
    cluster.snapshots.change({ namespace: 'shop', name }, { metadata: { uid: 'another' } });
    await expect(purge(snapshotTarget())).resolves.toMatchObject({ removed: false });
    expect(cluster.writes).toEqual([]);
  });
});

test('a VolumeSnapshot that another one replaces after the proof is left alone', async () => {
  const list = cluster.claims.list.bind(cluster.claims);
  vi.spyOn(cluster.claims, 'list').mockImplementationOnce((scope) => {
    cluster.snapshots.change({ namespace: 'shop', name }, { metadata: { uid: 'another' } });
    return list(scope);
  });
  await expect(purge(snapshotTarget())).rejects.toMatchObject({ code: 'not_ours' });
  expect(cluster.snapshots.objects.size).toBe(1);
  expect(cluster.writes).toEqual([]);
});

test('finalizers that were taken off are told with the proof', async () => {
  cluster.controllers.length = 0;
  cluster.snapshotContents.objects.clear();
  const finalizers = ['snapshot.storage.kubernetes.io/volumesnapshot-bound-protection'];
  cluster.snapshots.change(
    { namespace: 'shop', name },
    { metadata: { finalizers, deletionTimestamp: '2026-11-23T11:00:00Z' } },
  );
  const { proof } = await purge(snapshotTarget(), { releaseFinalizers: true });
  expect(proof).toContain(`its finalizers ${finalizers.join()} were taken off`);
});

describe('a content whose VolumeSnapshot is gone', () => {
  beforeEach(() => {
    cluster.snapshots.objects.clear();
  });

  test('gets the policy Delete and the mark of a deletion, and goes', async () => {
    await expect(purge(contentTarget())).resolves.toMatchObject({ removed: true });
    expect(cluster.writes).toEqual([
      `patch VolumeSnapshotContent ${contentName} {"spec":{"deletionPolicy":"Delete"},"metadata":{"annotations":{"snapshot.storage.kubernetes.io/volumesnapshot-being-deleted":"yes"}}}`,
      `delete VolumeSnapshotContent ${contentName}`,
    ]);
  });

  test('stays while another content names its logical volume', async () => {
    const snapshotHandle = cluster.snapshotContents.objects.get(`/${contentName}`)?.status?.snapshotHandle;
    const spec = { driver: 'topolvm.io', deletionPolicy: 'Retain', volumeSnapshotRef: {}, source: { snapshotHandle } };
    cluster.snapshotContents.put({ metadata: { name: 'static' }, spec } as never);
    expect(await blocked(purge(contentTarget()))).toContain('VolumeSnapshotContent static names');
  });

  test('stays when its VolumeSnapshot is there, or it is of another one', async () => {
    cluster.snapshots.put({ metadata: { namespace: 'shop', name, uid }, spec: { source: {} } } as never);
    expect(await blocked(purge(contentTarget()))).toContain('its VolumeSnapshot is there');
    cluster.snapshots.objects.clear();
    cluster.snapshotContents.change({ name: contentName }, { spec: { volumeSnapshotRef: { uid: 'bound anew' } } });
    expect(await blocked(purge(contentTarget()))).toContain('bound anew');
  });

  test('is left alone when somebody changes it after the proof', async () => {
    const target = contentTarget();
    const list = cluster.volumes.list.bind(cluster.volumes);
    vi.spyOn(cluster.volumes, 'list').mockImplementation((scope) => {
      cluster.snapshotContents.change({ name: contentName }, { spec: { volumeSnapshotRef: { uid: null } } });
      return list(scope);
    });
    await expect(purge(target)).rejects.toMatchObject({ status: 409 });
    expect(cluster.snapshotContents.objects.size).toBe(1);
  });
});

describe('a LogicalVolume to which nothing refers', () => {
  const handle = '4ba9d2f1-1b7b-4a67-9d35-2f9d0c1b2a3f';
  const target = (): Target => ({
    kind: 'logical-volume',
    name: ObjectName.parse(`snapshot-${uid}`),
    uid: ObjectUid.parse(handle),
    volumeSnapshotUid: uid,
  });
  beforeEach(() => {
    cluster.logicalVolumes.put({
      metadata: { name: `snapshot-${uid}`, uid: handle },
      spec: {},
      status: { volumeID: handle },
    } as never);
  });

  test('is purged, and its handle told', async () => {
    cluster.snapshots.objects.clear();
    cluster.snapshotContents.objects.clear();
    await expect(purge(target())).resolves.toMatchObject({ removed: true, volumeHandle: handle });
    expect(cluster.writes).toEqual([`delete LogicalVolume snapshot-${uid}`]);
  });

  test('stays while a content of its VolumeSnapshot is there', async () => {
    cluster.snapshots.objects.clear();
    expect(await blocked(purge(target()))).toContain(`VolumeSnapshotContent ${contentName}`);
  });

  test('that topolvm-node does not let go is told with its finalizers', async () => {
    cluster.snapshots.objects.clear();
    cluster.snapshotContents.objects.clear();
    cluster.logicalVolumes.change(
      { name: `snapshot-${uid}` },
      { metadata: { finalizers: ['topolvm.io/logicalvolume'] } },
    );
    await expect(purge(target())).rejects.toMatchObject({
      code: 'deadline_exceeded',
      message: expect.stringContaining('finalizers: topolvm.io/logicalvolume') as string,
    });
  });
});

describe('what a verification left', () => {
  const labels = {
    'app.kubernetes.io/managed-by': 'snapfleet',
    'snapfleet.io/restore-point': restorePointId,
    'snapfleet.io/operation': operationId,
  };
  const spec = { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'scratch' } }] };
  const target = (kind: 'scratch-claim' | 'pod', objectUid: string, objectName: string): Target => ({
    kind,
    namespace: where.namespace,
    name: ObjectName.parse(objectName),
    uid: ObjectUid.parse(objectUid),
  });
  const putScratch = (marks: object): string =>
    cluster.claims.put({ metadata: { namespace: 'shop', name: 'scratch', labels: marks }, spec: {} } as never).metadata
      .uid;
  const putPod = (podName: string, marks: object): string =>
    cluster.pods.put({ metadata: { namespace: 'shop', name: podName, labels: marks }, spec } as never).metadata.uid;

  test('goes: the Pod before its claim', async () => {
    const claimUid = putScratch({ ...labels, 'snapfleet.io/purpose': 'scratch' });
    putPod('scratch-consumer', labels);
    await expect(purge(target('scratch-claim', claimUid, 'scratch'))).resolves.toMatchObject({ removed: true });
    expect(cluster.writes).toEqual(['delete Pod scratch-consumer', 'delete PersistentVolumeClaim scratch']);
  });

  test('stays when a Pod of somebody else mounts it, or it is the claim of a user', async () => {
    const claimUid = putScratch({ ...labels, 'snapfleet.io/purpose': 'user' });
    putPod('theirs', {});
    const message = await blocked(purge(target('scratch-claim', claimUid, 'scratch')));
    expect(message).toContain('labels of a scratch claim');
    expect(message).toContain('Pod shop/theirs mounts it');
  });

  test('a Pod without its claim goes by itself, and only one of ours', async () => {
    const podUid = putPod('theirs', {});
    expect(await blocked(purge(target('pod', podUid, 'theirs')))).toContain('labels of a Pod');
    const ownUid = putPod('scratch-consumer', labels);
    await expect(purge(target('pod', ownUid, 'scratch-consumer'))).resolves.toMatchObject({ removed: true });
  });
});

test('a snapshot is not removed while another content names its logical volume', async () => {
  const snapshotHandle = cluster.snapshotContents.objects.get(`/${contentName}`)?.status?.snapshotHandle;
  const spec = { driver: 'topolvm.io', deletionPolicy: 'Retain', volumeSnapshotRef: {}, source: { snapshotHandle } };
  cluster.snapshotContents.put({ metadata: { name: 'static' }, spec } as never);
  const remove = (purgeToo: boolean) =>
    new RemoveSnapshotUseCase(cluster).removeObjects(
      { restorePointId, ...where, purge: purgeToo, deadlineSeconds: 9 },
      never,
    );
  await expect(remove(true)).rejects.toMatchObject({
    code: 'snapshot_in_use',
    message: expect.stringContaining('VolumeSnapshotContent static') as string,
  });
  expect(cluster.writes).toEqual([]);
  // Under Retain without a purge the logical volume stays anyway.
  await expect(remove(false)).resolves.toMatchObject({ freed: false });
});
