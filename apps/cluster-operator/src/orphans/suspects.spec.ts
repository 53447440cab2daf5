import { RestorePointId, VolumeHandle, type InventoryEntry } from '@snapfleet/contracts';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { never, now } from '../testing/samples.js';
import { FindReferencesUseCase } from './find-references.use-case.js';
import { InventoryClusterUseCase } from './inventory-cluster.use-case.js';

const id = RestorePointId.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87');
const handleOf = (index: number): VolumeHandle =>
  VolumeHandle.parse(`4ba9d2f1-1b7b-4a67-9d35-${String(index).padStart(12, '0')}`);
const ours = { 'app.kubernetes.io/managed-by': 'snapfleet', 'snapfleet.io/restore-point': id };

let cluster: FakeCluster;
const inventory = (after?: string) => new InventoryClusterUseCase(cluster, now).run(after, never);
const entries = async (): Promise<InventoryEntry[]> => (await inventory()).entries;

/** A chain of VolumeSnapshot, content and LogicalVolume as it is once the snapshot is ready. */
function putChain(index: number, labels: object = {}, name = `snapshot-${String(index)}`): { uid: string } {
  const { uid } = cluster.snapshots.put({
    metadata: { namespace: 'shop', name, uid: `vs-${String(index)}`, labels },
    spec: { source: { persistentVolumeClaimName: 'orders' } },
    status: { readyToUse: true, boundVolumeSnapshotContentName: `snapcontent-vs-${String(index)}` },
  } as never).metadata;
  putContent(index, { namespace: 'shop', name, uid });
  cluster.logicalVolumes.put({
    metadata: { name: `snapshot-${uid}`, uid: handleOf(index) },
    spec: { size: '1Gi', source: 'pvc-1' },
    status: { volumeID: handleOf(index), currentSize: '1Gi' },
  } as never);
  return { uid };
}

function putContent(index: number, volumeSnapshotRef: object, name = `snapcontent-vs-${String(index)}`): void {
  cluster.snapshotContents.put({
    metadata: { name },
    spec: { driver: 'topolvm.io', deletionPolicy: 'Retain', volumeSnapshotRef, source: { volumeHandle: 'x' } },
    status: { snapshotHandle: handleOf(index), restoreSize: 1 << 30 },
  } as never);
}

beforeEach(() => {
  cluster = new FakeCluster();
});

describe('the inventory of the cluster', () => {
  test('leaves out what is in its place, and has every snapshot of ours, whatever its state', async () => {
    putChain(1);
    putChain(2, ours, `snapfleet-${id}`);
    expect(await entries()).toMatchObject([
      {
        kind: 'volume-snapshot',
        name: `snapfleet-${id}`,
        managed: true,
        restorePointId: id,
        ready: true,
        volumeHandle: handleOf(2),
        sizeBytes: 1 << 30,
      },
    ]);
  });

  test('a broken snapshot of somebody else is told with its error and the claim whose deletion waits for it', async () => {
    cluster.claims.put({
      metadata: {
        namespace: 'shop',
        name: 'orders',
        deletionTimestamp: '2026-11-23T11:00:00Z',
        finalizers: ['snapshot.storage.kubernetes.io/pvc-as-source-protection'],
      },
      spec: {},
    } as never);
    cluster.snapshots.put({
      metadata: { namespace: 'shop', name: 'theirs' },
      spec: { source: { persistentVolumeClaimName: 'orders' } },
      status: { readyToUse: false, error: { message: 'no enough space' } },
    } as never);
    expect(await entries()).toMatchObject([
      { name: 'theirs', managed: false, ready: false, error: 'no enough space', holdsClaim: true },
    ]);
  });

  test('a content whose VolumeSnapshot is gone, or another one of its name, is told with who shares its volume', async () => {
    const { uid } = putChain(1);
    cluster.snapshots.change({ namespace: 'shop', name: 'snapshot-1' }, { metadata: { uid: 'another' } });
    putContent(1, { namespace: 'shop', name: 'adopted' }, 'static');
    cluster.snapshots.put({
      metadata: { namespace: 'shop', name: 'adopted' },
      spec: { source: { volumeSnapshotContentName: 'static' } },
      status: { readyToUse: true, boundVolumeSnapshotContentName: 'static' },
    } as never);
    expect(await entries()).toMatchObject([
      {
        kind: 'volume-snapshot-content',
        name: 'snapcontent-vs-1',
        deletionPolicy: 'Retain',
        volumeHandle: handleOf(1),
        volumeSnapshot: { namespace: 'shop', name: 'snapshot-1', uid },
        referencedBy: [`VolumeSnapshotContent static names ${handleOf(1)}`],
      },
    ]);
  });

  test.each([
    ['a content of its VolumeSnapshot', () => putContent(9, { namespace: 'x', name: 'x', uid: 'vs-1' }, 'other')],
    ['a content that names its handle', () => putContent(1, { namespace: 'x', name: 'x' }, 'static')],
    [
      'a PersistentVolume that names its handle',
      () =>
        cluster.volumes.put({
          metadata: { name: 'pv' },
          spec: { csi: { driver: 'any', volumeHandle: handleOf(1) } },
        } as never),
    ],
    [
      'its VolumeSnapshot',
      () =>
        cluster.snapshots.put({
          metadata: { namespace: 'shop', name: 's', uid: 'vs-1' },
          spec: { source: {} },
          status: { readyToUse: true, boundVolumeSnapshotContentName: 'c' },
        } as never),
    ],
  ])('a LogicalVolume is left over only without %s', async (_what, putOwner) => {
    putChain(1);
    cluster.snapshots.objects.clear();
    cluster.snapshotContents.objects.clear();
    const isLeft = async () => (await entries()).some(({ kind }) => kind === 'logical-volume');
    expect(await entries()).toMatchObject([
      { kind: 'logical-volume', name: 'snapshot-vs-1', volumeHandle: handleOf(1), sizeBytes: 1 << 30, source: 'pvc-1' },
    ]);
    putOwner();
    expect(await isLeft()).toBe(false);
  });

  test('a scratch claim is told with the Pods of others that mount it; our Pod goes with it', async () => {
    const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'scratch' } }];
    const labels = { ...ours, 'snapfleet.io/purpose': 'scratch', 'snapfleet.io/operation': id };
    const put = (name: string, marks: object): void => {
      cluster.pods.put({ metadata: { namespace: 'shop', name, labels: marks }, spec: { volumes } } as never);
    };
    put('scratch-consumer', { ...ours, 'snapfleet.io/operation': id });
    expect(await entries()).toMatchObject([
      { kind: 'pod', name: 'scratch-consumer', persistentVolumeClaim: 'scratch' },
    ]);
    cluster.claims.put({ metadata: { namespace: 'shop', name: 'scratch', labels }, spec: {} } as never);
    put('theirs', {});
    expect(await entries()).toMatchObject([
      {
        kind: 'scratch-claim',
        name: 'scratch',
        restorePointId: id,
        operationId: id,
        referencedBy: ['Pod shop/theirs mounts it'],
      },
    ]);
  });

  test('comes in pages that fit into a message, each entry once', async () => {
    for (let index = 0; index < 450; index += 1)
      putContent(index, { name: 'gone', namespace: 'x', uid: 'u' }, `c-${String(index)}`);
    const names: string[] = [];
    let after: string | undefined;
    do {
      const page = await inventory(after);
      expect(JSON.stringify(page).length).toBeLessThan(200 * 1024);
      names.push(...page.entries.map(({ name }) => name));
      after = page.next;
    } while (after !== undefined);
    expect(new Set(names).size).toBe(450);
    expect(names).toHaveLength(450);
  });

  test('an empty uid or handle is none', async () => {
    putContent(1, { namespace: 'x', name: 'theirs', uid: '' });
    cluster.logicalVolumes.put({
      metadata: { name: 'new', uid: handleOf(2) },
      spec: {},
      status: { volumeID: '' },
    } as never);
    const [logicalVolume, content] = await entries();
    expect(logicalVolume).toMatchObject({ name: 'new', volumeHandle: handleOf(2) });
    expect(content).toMatchObject({ volumeSnapshot: { name: 'theirs', uid: undefined } });
  });

  test('a kind that the API server does not know is an error, not an empty list', async () => {
    cluster.logicalVolumes.list = () => Promise.reject(new Error('404'));
    await expect(inventory()).rejects.toThrow('404');
  });
});

test('a handle is unreferenced exactly when no object, of whatever kind and driver, names it', async () => {
  const small = fc.integer({ min: 0, max: 5 });
  const world = fc.array(fc.tuple(fc.constantFrom('uid', 'volumeID', 'status', 'source', 'volume'), small), {
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(world, async (holders) => {
      cluster = new FakeCluster();
      holders.forEach(([kind, index], at) => {
        const metadata = { name: `o-${String(at)}` };
        const handle = handleOf(index);
        const source = kind === 'source' ? { snapshotHandle: handle } : {};
        if (kind === 'uid') cluster.logicalVolumes.put({ metadata: { ...metadata, uid: handle }, spec: {} } as never);
        else if (kind === 'volumeID') {
          cluster.logicalVolumes.put({ metadata, spec: {}, status: { volumeID: handle } } as never);
        } else if (kind === 'volume') {
          cluster.volumes.put({ metadata, spec: { csi: { driver: 'd', volumeHandle: handle } } } as never);
        } else {
          const status = kind === 'status' ? { snapshotHandle: handle } : {};
          cluster.snapshotContents.put({ metadata, spec: { volumeSnapshotRef: {}, source }, status } as never);
        }
      });
      const volumeHandles = [0, 1, 2, 3, 4, 5].map(handleOf);
      const { unreferenced, references } = await new FindReferencesUseCase(cluster, now).run({ volumeHandles }, never);
      const named = new Set(holders.map(([, index]) => handleOf(index)));
      expect(unreferenced).toEqual(volumeHandles.filter((handle) => !named.has(handle)));
      expect(references.map(({ volumeHandle }) => volumeHandle)).toEqual(volumeHandles.filter((one) => named.has(one)));
    }),
  );
});
