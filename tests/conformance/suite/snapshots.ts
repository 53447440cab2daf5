import { beforeAll, describe, expect, test } from 'vitest';
import { deadlineMs, type Cluster, type VolumeSnapshot } from './cluster.js';
import { claim, pod, podSpec, restoredClaim, volumeSnapshot } from './manifests.js';

const files = { 'a/hello.txt': "it's here\n", '-odd': '' };
const marks = 'snapshot.storage.kubernetes.io';

/** The life of snapshots and of what is restored from them: one volume, step by step, because each takes a real device seconds. */
export function describeSnapshots(use: () => Cluster): void {
  describe('snapshots of a volume', () => {
    let namespace: string;
    let first: VolumeSnapshot;
    let firstHandle: string;
    let sourceHandle: string;
    const source = () => ({ namespace, persistentVolumeClaim: 'orders' });

    beforeAll(async () => {
      const cluster = use();
      namespace = await cluster.namespace();
      await cluster.apply(claim(namespace, 'orders'), pod(namespace, 'writer', podSpec('orders')));
      await cluster.device.writeFiles(source(), files);
      sourceHandle = await cluster.handleOf(namespace, 'orders');
      await cluster.core.deleteNamespacedPod({ namespace, name: 'writer' });
      await cluster.podIsGone(namespace, 'writer');
    }, deadlineMs);

    test('a snapshot without a class gets the default class, and is ready with a content of its own', async () => {
      const cluster = use();
      await cluster.apply(volumeSnapshot(namespace, 'first', 'orders'));
      first = await cluster.readySnapshot(namespace, 'first');
      const { uid } = first.metadata;
      expect(first).toMatchObject({
        spec: { volumeSnapshotClassName: 'topolvm-snapclass' },
        status: {
          boundVolumeSnapshotContentName: `snapcontent-${uid}`,
          readyToUse: true,
          restoreSize: '320Mi',
          creationTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
        },
      });
      expect(first.metadata.finalizers.toSorted()).toEqual([
        `${marks}/volumesnapshot-as-source-protection`,
        `${marks}/volumesnapshot-bound-protection`,
      ]);
      const content = await cluster.content(`snapcontent-${uid}`);
      firstHandle = content?.status.snapshotHandle ?? '';
      expect(content).toMatchObject({
        metadata: { finalizers: [`${marks}/volumesnapshotcontent-bound-protection`] },
        spec: {
          deletionPolicy: 'Delete',
          driver: 'topolvm.io',
          source: { volumeHandle: sourceHandle },
          sourceVolumeMode: 'Filesystem',
          volumeSnapshotClassName: 'topolvm-snapclass',
          volumeSnapshotRef: { namespace, name: 'first', uid },
        },
        status: { readyToUse: true, restoreSize: 320 << 20 },
      });
      expect(content?.metadata.annotations).not.toHaveProperty(`${marks}/volumesnapshot-being-deleted`);
      expect(await cluster.logicalVolume(`snapshot-${uid}`)).toMatchObject({
        metadata: { uid: firstHandle },
        spec: { accessType: 'ro', deviceClass: 'thin', source: expect.stringMatching(/^pvc-/) as string },
        status: { volumeID: firstHandle },
      });
      expect(await cluster.device.logicalVolumeExists(firstHandle)).toBe(true);
    });

    test('the claim is held only while it is cut', async () => {
      const cluster = use();
      await cluster.until('the claim is let go', async () => {
        const { metadata } = await cluster.core.readNamespacedPersistentVolumeClaim({ namespace, name: 'orders' });
        return metadata?.finalizers?.every((finalizer) => finalizer === 'kubernetes.io/pvc-protection');
      });
    });

    test('a claim of the same size is restored with what was there when it was cut', async () => {
      const cluster = use();
      await cluster.apply(pod(namespace, 'writer', podSpec('orders')));
      await cluster.device.writeFiles(source(), { 'a/hello.txt': 'overwritten', later: 'x' });
      await cluster.apply(
        restoredClaim(namespace, 'restored', 'first', first.status.restoreSize ?? ''),
        pod(namespace, 'reader', podSpec('restored')),
      );
      expect(await cluster.device.readFiles({ namespace, persistentVolumeClaim: 'restored' })).toEqual(files);
      const restored = await cluster.core.readNamespacedPersistentVolumeClaim({ namespace, name: 'restored' });
      expect(restored.status?.capacity).toEqual({ storage: '320Mi' });
      expect(await cluster.logicalVolume(restored.spec?.volumeName ?? '')).toMatchObject({
        spec: { accessType: 'rw', source: `snapshot-${first.metadata.uid}` },
      });
    });

    test('a claim that is smaller than the snapshot gets no volume, and says why', async () => {
      const cluster = use();
      const name = 'small';
      await cluster.apply(restoredClaim(namespace, name, 'first', '319Mi'), pod(namespace, name, podSpec(name)));
      const message = await cluster.eventAbout(namespace, name, 'ProvisioningFailed', /is less than the size/);
      const sizes = `requested volume size ${String(319 << 20)} is less than the size ${String(320 << 20)} for the source snapshot first`;
      expect(message).toContain(sizes);
    });

    test('a snapshot is not deleted while a claim waits to be restored from it', async () => {
      const cluster = use();
      await cluster.deleteSnapshot(namespace, 'first');
      await cluster.eventAbout(
        namespace,
        'first',
        'SnapshotDeletePending',
        /^Snapshot is being used to restore a PVC$/,
      );
      const held = await cluster.snapshot(namespace, 'first');
      expect(held?.metadata.deletionTimestamp).toBeDefined();
      expect(await cluster.device.logicalVolumeExists(firstHandle)).toBe(true);
    });

    test('a deleted snapshot takes content and logical volume along, and leaves what was restored', async () => {
      const cluster = use();
      await cluster.core.deleteNamespacedPod({ namespace, name: 'small' });
      await cluster.core.deleteNamespacedPersistentVolumeClaim({ namespace, name: 'small' });
      await cluster.until(
        'the snapshot is gone',
        async () => (await cluster.snapshot(namespace, 'first')) === undefined,
      );
      expect(await cluster.content(`snapcontent-${first.metadata.uid}`)).toBeUndefined();
      expect(await cluster.device.logicalVolumeExists(firstHandle)).toBe(false);
      expect(await cluster.device.readFiles({ namespace, persistentVolumeClaim: 'restored' })).toEqual(files);
    });

    test('a snapshot outlives its source', async () => {
      const cluster = use();
      await cluster.apply(volumeSnapshot(namespace, 'kept', 'orders', 'topolvm-snapclass-retain'));
      await cluster.readySnapshot(namespace, 'kept');
      await cluster.core.deleteNamespacedPod({ namespace, name: 'writer' });
      await cluster.core.deleteNamespacedPersistentVolumeClaim({ namespace, name: 'orders' });
      await cluster.until('the source is gone', async () => !(await cluster.device.logicalVolumeExists(sourceHandle)));
      await cluster.apply(
        restoredClaim(namespace, 'again', 'kept', '400Mi'),
        pod(namespace, 'again', podSpec('again')),
      );
      const again = { namespace, persistentVolumeClaim: 'again' };
      expect(await cluster.device.readFiles(again)).toMatchObject({ 'a/hello.txt': 'overwritten', later: 'x' });
      const larger = await cluster.core.readNamespacedPersistentVolumeClaim({ namespace, name: 'again' });
      expect(larger.status?.capacity).toEqual({ storage: '400Mi' });
    });

    test('a retained snapshot leaves content and logical volume, until the content is set to Delete', async () => {
      const cluster = use();
      const kept = await cluster.snapshot(namespace, 'kept');
      expect(kept?.metadata.finalizers).toEqual([`${marks}/volumesnapshot-as-source-protection`]);
      const name = kept?.status.boundVolumeSnapshotContentName ?? '';
      await cluster.deleteSnapshot(namespace, 'kept');
      await cluster.until(
        'the snapshot is gone',
        async () => (await cluster.snapshot(namespace, 'kept')) === undefined,
      );
      const left = await cluster.content(name);
      expect(left?.metadata.annotations[`${marks}/volumesnapshot-being-deleted`]).toBe('yes');
      const handle = left?.status.snapshotHandle ?? '';
      expect(await cluster.device.logicalVolumeExists(handle)).toBe(true);
      await cluster.patchContent(name, { spec: { deletionPolicy: 'Delete' } });
      await cluster.deleteContent(name);
      await cluster.until('the content is gone', async () => (await cluster.content(name)) === undefined);
      expect(await cluster.device.logicalVolumeExists(handle)).toBe(false);
    });
  });

  describe('snapshots that cannot be', () => {
    const errorOf = (cluster: Cluster, namespace: string, name: string) =>
      cluster.until(`VolumeSnapshot ${name} has an error`, async () => {
        return (await cluster.snapshot(namespace, name))?.status.error?.message;
      });

    test('a claim without a volume, no claim and an unknown class are told as errors', async () => {
      const cluster = use();
      const namespace = await cluster.namespace();
      await cluster.apply(
        claim(namespace, 'unbound'),
        volumeSnapshot(namespace, 'unbound', 'unbound', 'topolvm-snapclass'),
        volumeSnapshot(namespace, 'absent', 'absent', 'topolvm-snapclass'),
        volumeSnapshot(namespace, 'classless', 'unbound', 'no-such-class'),
      );
      expect(await errorOf(cluster, namespace, 'unbound')).toContain(
        'the PVC unbound is not yet bound to a PV, will not attempt to take a snapshot',
      );
      expect(await errorOf(cluster, namespace, 'absent')).toBe(
        'Failed to create snapshot content with error snapshot controller failed to update absent on API server: cannot get claim from snapshot',
      );
      expect(await errorOf(cluster, namespace, 'classless')).toBe(
        'Failed to get snapshot class with error volumesnapshotclass.snapshot.storage.k8s.io "no-such-class" not found',
      );
      for (const name of ['unbound', 'absent', 'classless']) {
        await cluster.deleteSnapshot(namespace, name);
        await cluster.until(`${name} is gone`, async () => (await cluster.snapshot(namespace, name)) === undefined);
      }
    });

    test('a content that is made by hand is believed, whatever its handle', async () => {
      const cluster = use();
      const namespace = await cluster.namespace();
      const name = `static-${namespace}`;
      await cluster.apply(
        {
          apiVersion: 'snapshot.storage.k8s.io/v1',
          kind: 'VolumeSnapshotContent',
          metadata: { name },
          spec: {
            deletionPolicy: 'Retain',
            driver: 'topolvm.io',
            source: { snapshotHandle: '00000000-0000-4000-8000-000000000000' },
            volumeSnapshotRef: { namespace, name: 'static' },
          },
        },
        {
          apiVersion: 'snapshot.storage.k8s.io/v1',
          kind: 'VolumeSnapshot',
          metadata: { namespace, name: 'static' },
          spec: { source: { volumeSnapshotContentName: name } },
        },
      );
      const { status } = await cluster.readySnapshot(namespace, 'static');
      expect(status).toMatchObject({ boundVolumeSnapshotContentName: name });
      expect(status.restoreSize ?? '0').toBe('0');
      await cluster.deleteSnapshot(namespace, 'static');
      await cluster.until(
        'the snapshot is gone',
        async () => (await cluster.snapshot(namespace, 'static')) === undefined,
      );
      await cluster.deleteContent(name);
      await cluster.until('the content is gone', async () => (await cluster.content(name)) === undefined);
    });
  });
}
