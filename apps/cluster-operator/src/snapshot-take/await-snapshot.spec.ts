import { ObjectName, type SnapfleetError } from '@snapfleet/contracts';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { beforeEach, expect, test, vi } from 'vitest';
import { RemoveSnapshotUseCase } from '../snapshot-remove/remove-snapshot.use-case.js';
import { never, putClaim, restorePointId, where } from '../testing/samples.js';
import { TakeSnapshotUseCase } from './take-snapshot.use-case.js';

const key = { namespace: 'shop', name: `snapfleet-${restorePointId}` };
const waitMs = 30_000;
let cluster: FakeCluster;
beforeEach(() => {
  cluster = new FakeCluster();
});

/** What the take fails with, and the longest that was waited before it. */
async function take(readyDeadlineSeconds = 300): Promise<{ error: SnapfleetError; longestMs: number }> {
  const waits = [vi.spyOn(cluster.snapshots, 'waitFor'), vi.spyOn(cluster.snapshotContents, 'waitFor')];
  const useCase = new TakeSnapshotUseCase(cluster, new RemoveSnapshotUseCase(cluster), { begun: () => undefined });
  const { uid: claimUid } = putClaim(cluster);
  const command = { restorePointId, ...where, claimUid, volumeSnapshotClassName: ObjectName.parse('c') };
  const error = await useCase.run({ ...command, readyDeadlineSeconds }, never).then(
    () => {
      throw new Error('it was made');
    },
    (thrown: unknown) => thrown as SnapfleetError,
  );
  const options = waits.flatMap(({ mock }) =>
    mock.calls.map((call) => (call as unknown[])[2] as { deadlineMs: number }),
  );
  return { error, longestMs: Math.max(...options.map(({ deadlineMs }) => deadlineMs)) };
}

/** Plays a snapshot-controller that has made the content, which then is as given. */
function playContent(content: object): void {
  cluster.controllers.push(() => {
    const snapshot = cluster.snapshots.objects.get(`shop/${key.name}`);
    if (snapshot === undefined || snapshot.status !== undefined) return;
    const { uid } = snapshot.metadata;
    const spec = { driver: 'topolvm.io', deletionPolicy: 'Delete', volumeSnapshotRef: { ...key, uid }, source: {} };
    cluster.snapshotContents.put({ metadata: { name: 'content' }, spec, ...content } as never);
    cluster.snapshots.change(key, { status: { boundVolumeSnapshotContentName: 'content', readyToUse: false } });
  });
}

test('a VolumeSnapshot that no controller touches is given up soon, and removed', async () => {
  const { error, longestMs } = await take();
  expect(error).toMatchObject({ code: 'snapshot_controller_absent', retryable: true });
  expect(error.message).toContain('no snapshot-controller');
  expect(longestMs).toBe(waitMs);
  expect(cluster.snapshots.objects.size).toBe(0);
});

test('a content that no csi-snapshotter touches is given up soon', async () => {
  playContent({});
  const { error } = await take();
  expect(error).toMatchObject({ code: 'snapshot_controller_absent' });
  expect(error.message).toContain('no csi-snapshotter');
});

test.each([
  [
    'a driver that has begun',
    {
      metadata: {
        name: 'content',
        annotations: { 'snapshot.storage.kubernetes.io/volumesnapshot-being-created': 'yes' },
      },
    },
  ],
  ['a driver that has answered', { status: { error: { message: 'not now' } } }],
])('%s is waited for until the deadline', async (_what, content) => {
  playContent(content);
  const { error, longestMs } = await take();
  expect(error.message).toContain('not ready after 300 s');
  expect(error.code).toBe('snapshot_not_ready');
  expect(longestMs).toBeGreaterThan(waitMs);
});

test('a controller that has only begun is waited for until the deadline', async () => {
  cluster.controllers.push(() => {
    cluster.snapshots.change(key, { metadata: { finalizers: ['as-source-protection'] } });
  });
  expect((await take()).error).toMatchObject({ code: 'snapshot_not_ready' });
});

test('a deadline that is shorter is told as before', async () => {
  const { error, longestMs } = await take(9);
  expect(error).toMatchObject({ code: 'snapshot_not_ready' });
  expect(error.message).toContain('is the snapshot-controller running?');
  expect(longestMs).toBeLessThanOrEqual(10_000);
});
