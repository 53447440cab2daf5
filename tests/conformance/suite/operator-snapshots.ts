import { randomUUID } from 'node:crypto';
import {
  ClaimPreflight,
  SnapshotRemove,
  SnapshotTake,
  VolumeRemove,
  VolumeRestore,
  type BoundSnapshot,
  type ClaimFacts,
  type DataInputOf,
} from '@snapfleet/contracts';
import { beforeAll, describe, expect, test } from 'vitest';
import { nextFencingToken } from './fencing-tokens.js';
import { claim, pod, podSpec, restoredClaim, retainingClass, volumeSnapshot } from './manifests.js';
import { errorOf, type OperatorUnderTest } from './operator-client.js';
import type { Home } from './operator-preflight.js';

const deadlineSeconds = 120;
const restorePointId = randomUUID();
const fencingToken = nextFencingToken();

/** How snapshots are taken, restored and removed; step by step on one snapshot, because a real device takes seconds for each. */
export function describeSnapshotCommands(use: () => OperatorUnderTest, home: () => Home): void {
  describe('snapshots', () => {
    let facts: ClaimFacts;
    let snapshot: BoundSnapshot;
    const take = (more: Partial<DataInputOf<typeof SnapshotTake>> = {}) =>
      use().call(SnapshotTake, {
        restorePointId,
        fencingToken,
        ...home(),
        claimUid: facts.uid,
        volumeSnapshotClassName: 'topolvm-snapclass',
        readyDeadlineSeconds: deadlineSeconds,
        ...more,
      });
    const remove = (more: Partial<DataInputOf<typeof SnapshotRemove>> = {}) =>
      use().call(SnapshotRemove, { restorePointId, fencingToken, ...home(), purge: false, deadlineSeconds, ...more });
    const restore = (targetClaim: string, more: object = {}, operationId: string = randomUUID()) =>
      use().call(VolumeRestore, {
        operationId,
        restorePointId,
        ...home(),
        targetClaim,
        purpose: 'scratch',
        claim: facts,
        snapshot,
        deadlineSeconds,
        ...more,
      });

    beforeAll(async () => {
      const reply = await use().call(ClaimPreflight, { ...home(), quiesce: { level: 'none' } });
      if (!reply.passed) throw new Error(JSON.stringify(reply.findings));
      facts = reply.claim;
    });

    test('a claim that is another one by now is not snapshotted', async () => {
      expect((await errorOf(take({ claimUid: randomUUID() }))).code).toBe('pvc_changed');
      const { namespace } = home();
      expect(await use().cluster.snapshot(namespace, `snapfleet-${restorePointId}`)).toBeUndefined();
    });

    test('a snapshot is taken once, however often the command comes', async () => {
      const { cluster } = use();
      snapshot = await take();
      expect(snapshot).toMatchObject({
        volumeSnapshotName: `snapfleet-${restorePointId}`,
        volumeSnapshotContentName: `snapcontent-${snapshot.volumeSnapshotUid}`,
        deletionPolicy: 'Delete',
        restoreSizeBytes: 320 << 20,
      });
      expect(await cluster.device.logicalVolumeExists(snapshot.snapshotHandle)).toBe(true);
      expect(await take()).toEqual(snapshot);
    });

    test('a VolumeSnapshot of our name that somebody else made is neither taken over nor removed', async () => {
      const { cluster } = use();
      const { namespace } = home();
      const foreign = randomUUID();
      const name = `snapfleet-${foreign}`;
      await cluster.apply(volumeSnapshot(namespace, name, 'absent', 'topolvm-snapclass'));
      expect((await errorOf(take({ restorePointId: foreign }))).code).toBe('not_ours');
      expect((await errorOf(remove({ restorePointId: foreign }))).code).toBe('not_ours');
      expect((await cluster.snapshot(namespace, name))?.metadata.deletionTimestamp).toBeUndefined();
    });

    test('a claim of our target name that somebody else made is refused and kept', async () => {
      const { cluster } = use();
      const { namespace } = home();
      await cluster.apply(claim(namespace, 'foreign'));
      expect((await errorOf(restore('foreign'))).code).toBe('target_exists');
      const removal = { operationId: randomUUID(), namespace, targetClaim: 'foreign', deadlineSeconds };
      expect((await errorOf(use().call(VolumeRemove, removal))).code).toBe('not_ours');
      const kept = await cluster.core.readNamespacedPersistentVolumeClaim({ namespace, name: 'foreign' });
      expect(kept.metadata?.deletionTimestamp).toBeUndefined();
    });

    test('a size below the snapshot is refused before anything is made', async () => {
      const { namespace } = home();
      const error = await errorOf(restore('small', { sizeBytes: 319 << 20 }));
      expect(error.code).toBe('restore_size_too_small');
      await use().cluster.claimIsGone(namespace, 'small');
    });

    test('a snapshot that does not become ready is removed, and told with what the cluster says about it', async () => {
      const { cluster } = use();
      const id = randomUUID();
      const own = { restorePointId: id, fencingToken: nextFencingToken() };
      const command = { ...own, volumeSnapshotClassName: 'no-such-class', readyDeadlineSeconds: 3 };
      const error = await errorOf(take(command));
      expect(error.code).toBe('snapshot_not_ready');
      expect(error.message).toMatch(/not ready after 3 s.*no-such-class/);
      expect(await cluster.snapshot(home().namespace, `snapfleet-${id}`)).toBeUndefined();
    });

    test('a restored claim has the data, grows where asked, and as scratch is removed with its volume', async () => {
      const { call, cluster, device } = use();
      const { namespace } = home();
      const name = 'scratch';
      const operationId = randomUUID();
      // Also where its class retains volumes.
      await cluster.apply(retainingClass);
      const more = { sizeBytes: 400 << 20, claim: { ...facts, storageClassName: retainingClass.metadata.name } };
      const reply = await restore(name, more, operationId);
      expect(reply.sizeBytes).toBe(400 << 20);
      expect(await restore(name, more, operationId)).toEqual(reply);
      await cluster.apply(pod(namespace, 'reader', podSpec(name)));
      expect(await device.readFiles({ namespace, persistentVolumeClaim: name })).toEqual({ 'order.txt': 'one' });
      await cluster.core.deleteNamespacedPod({ namespace, name: 'reader' });
      const removal = { operationId, namespace, targetClaim: name, deadlineSeconds };
      expect(await call(VolumeRemove, removal)).toEqual({ removed: true });
      expect(await device.logicalVolumeExists(reply.volumeHandle)).toBe(false);
      expect(await call(VolumeRemove, removal)).toEqual({ removed: false });
    });

    test('a claim for the user stays, with what the assertion said', async () => {
      const { call, cluster, device } = use();
      const { namespace } = home();
      const name = 'orders-restored';
      const operationId = randomUUID();
      const assertion = { image: 'registry.k8s.io/pause:3.10', command: ['grep', '-q', 'one', '/data/order.txt'] };
      const runs = device.capabilities.runsAssertions;
      const reply = await restore(name, runs ? { purpose: 'user', assertion } : { purpose: 'user' }, operationId);
      expect(reply.assertion?.exitCode).toBe(runs ? 0 : undefined);
      const removal = { operationId, namespace, targetClaim: name, deadlineSeconds };
      expect((await errorOf(call(VolumeRemove, removal))).code).toBe('not_ours');
      const kept = await cluster.core.readNamespacedPersistentVolumeClaim({ namespace, name });
      expect(kept.status?.phase).toBe('Bound');
    });

    test('an assertion that nothing can run is no verdict about the data', async () => {
      const { cluster, device } = use();
      if (device.capabilities.runsAssertions) return;
      const assertion = { image: 'registry.k8s.io/pause:3.10', command: ['true'] };
      const error = await errorOf(restore('unproven', { assertion }));
      expect(error.code).toBe('consumer_not_ready');
      expect(error.message).toContain('runs no containers');
      await cluster.claimIsGone(home().namespace, 'unproven');
    });

    test('a snapshot that is being restored is not removed; afterwards it goes with its volume', async () => {
      const { cluster, device } = use();
      const { namespace } = home();
      await cluster.apply(restoredClaim(namespace, 'pending', snapshot.volumeSnapshotName, '320Mi'));
      expect((await errorOf(remove({ snapshot }))).code).toBe('snapshot_in_use');
      await cluster.core.deleteNamespacedPersistentVolumeClaim({ namespace, name: 'pending' });
      await cluster.claimIsGone(namespace, 'pending');
      expect(await remove({ snapshot })).toEqual({ freed: true });
      expect(await device.logicalVolumeExists(snapshot.snapshotHandle)).toBe(false);
      expect(await remove({ snapshot })).toEqual({ freed: true });
      expect((await errorOf(take())).code).toBe('operation_superseded');
      expect(await use().cluster.snapshot(namespace, snapshot.volumeSnapshotName)).toBeUndefined();
      expect((await errorOf(restore('late'))).code).toBe('snapshot_not_found');
    });

    test('under Retain the data stay until they are purged', async () => {
      const { device } = use();
      const id = randomUUID();
      const own = { restorePointId: id, fencingToken: nextFencingToken() };
      const retained = await take({ ...own, volumeSnapshotClassName: 'topolvm-snapclass-retain' });
      expect(retained.deletionPolicy).toBe('Retain');
      expect(await remove({ ...own, snapshot: retained })).toEqual({
        freed: false,
        retainedContentName: retained.volumeSnapshotContentName,
      });
      expect(await device.logicalVolumeExists(retained.snapshotHandle)).toBe(true);
      expect(await remove({ ...own, snapshot: retained, purge: true })).toEqual({ freed: true });
      expect(await device.logicalVolumeExists(retained.snapshotHandle)).toBe(false);
    });
  });
}
