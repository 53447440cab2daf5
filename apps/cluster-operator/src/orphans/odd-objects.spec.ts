import { RestorePointId, type InventoryEntry } from '@snapfleet/contracts';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { beforeEach, expect, test } from 'vitest';
import { never, now } from '../testing/samples.js';
import { InventoryClusterUseCase } from './inventory-cluster.use-case.js';

const id = RestorePointId.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87');
/** A label may say this; no version of a UUID has this form. */
const noUuid = '5b0a4c3e-7f2d-0c1a-0e8b-2f6d1c0b9a87';
const ours = { 'app.kubernetes.io/managed-by': 'snapfleet', 'snapfleet.io/restore-point': id };

let cluster: FakeCluster;
const entries = async (): Promise<readonly InventoryEntry[]> =>
  (await new InventoryClusterUseCase(cluster, now).run(undefined, never)).entries;

function putSnapshot(name: string, more: object = {}, labels: object = {}): void {
  const source = { persistentVolumeClaimName: 'orders' };
  cluster.snapshots.put({ metadata: { namespace: 'shop', name, labels }, spec: { source }, ...more } as never);
}

beforeEach(() => {
  cluster = new FakeCluster();
  putSnapshot('known');
});

test.each(['A_b', '', 'x'.repeat(254), '../orders'])(
  'a VolumeSnapshot of a claim that cannot exist (%j) is told without it, with all others',
  async (persistentVolumeClaimName) => {
    putSnapshot('odd', { spec: { source: { persistentVolumeClaimName } } });
    const [known, odd] = await entries();
    expect(known).toMatchObject({ name: 'known', persistentVolumeClaim: 'orders' });
    expect(odd).toMatchObject({ name: 'odd', ready: false });
    expect(odd).not.toHaveProperty('persistentVolumeClaim');
  },
);

test('a Pod with our labels and a claim that cannot exist is told without it', async () => {
  const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'A_b' } }];
  const labels = { ...ours, 'snapfleet.io/operation': id };
  cluster.pods.put({ metadata: { namespace: 'shop', name: 'odd', labels }, spec: { volumes } } as never);
  const pod = (await entries()).find(({ kind }) => kind === 'pod');
  expect(pod).toMatchObject({ name: 'odd', operationId: id });
  expect(pod).not.toHaveProperty('persistentVolumeClaim');
});

test('a label that has the form of an id and is none is no mark', async () => {
  putSnapshot('odd', {}, { ...ours, 'snapfleet.io/restore-point': noUuid, 'snapfleet.io/operation': noUuid });
  const odd = (await entries()).find(({ name }) => name === 'odd');
  expect(odd).toMatchObject({ managed: true });
  expect(odd).not.toHaveProperty('restorePointId');
  expect(odd).not.toHaveProperty('operationId');
});

test('sizes that cannot be are none', async () => {
  const spec = { driver: 'topolvm.io', deletionPolicy: 'Delete', volumeSnapshotRef: {}, source: {} };
  for (const [name, restoreSize] of [
    ['negative', -1],
    ['huge', 2 ** 60],
  ] as const)
    cluster.snapshotContents.put({ metadata: { name }, spec, status: { restoreSize } } as never);
  const found = (await entries()).filter(({ kind }) => kind === 'volume-snapshot-content');
  expect(found.map(({ name }) => name)).toEqual(['huge', 'negative']);
  for (const entry of found) expect(entry).not.toHaveProperty('sizeBytes');
});

test('what cannot be told at all is left out, and hides nothing else', async () => {
  const volumeSnapshotRef = { namespace: 'n'.repeat(64), name: 'gone', uid: 'u' };
  const spec = { driver: 'topolvm.io', deletionPolicy: 'Delete', volumeSnapshotRef, source: {} };
  cluster.snapshotContents.put({ metadata: { name: 'odd' }, spec } as never);
  expect((await entries()).map(({ name }) => name)).toEqual(['known']);
});
