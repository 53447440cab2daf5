import { CoreV1Api, CustomObjectsApi, KubeConfig } from '@kubernetes/client-node';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Manifest } from '../support/device-under-test.js';
import type { RealDevice } from '../support/real-device/real-device.js';
import { waitUntil } from '../support/wait-until.js';

const deadlineMs = 120_000;
const snapshots = { group: 'snapshot.storage.k8s.io', version: 'v1', plural: 'volumesnapshots' };

let device: RealDevice;
let core: CoreV1Api;
let custom: CustomObjectsApi;

function claim(namespace: string, name: string, spec: Record<string, unknown> = {}): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace, name },
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'topolvm-provisioner-thin',
      resources: { requests: { storage: '320Mi' } },
      ...spec,
    },
  };
}

function podSpec(claimName: string, container: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    containers: [
      { name: 'main', image: 'none', volumeMounts: [{ name: 'data', mountPath: '/var/lib/data' }], ...container },
    ],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
  };
}

function pod(namespace: string, name: string, spec: Record<string, unknown>): Manifest {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name }, spec };
}

function snapshot(namespace: string, name: string, source: string, className = 'topolvm-snapclass'): Manifest {
  return {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshot',
    metadata: { namespace, name },
    spec: { volumeSnapshotClassName: className, source: { persistentVolumeClaimName: source } },
  };
}

interface SnapshotStatus {
  status?: { readyToUse?: boolean; boundVolumeSnapshotContentName?: string; restoreSize?: string };
}

async function readySnapshot(namespace: string, name: string): Promise<SnapshotStatus['status'] & object> {
  return waitUntil(
    `snapshot ${name} is ready`,
    async () => {
      const read = (await custom.getNamespacedCustomObject({ ...snapshots, namespace, name })) as SnapshotStatus;
      return read.status?.readyToUse === true ? read.status : undefined;
    },
    { deadlineMs, pauseMs: 100 },
  );
}

async function endOf(namespace: string, name: string): Promise<{ phase: string; exitCode: number; message: string }> {
  return waitUntil(
    `Pod ${name} has ended`,
    async () => {
      const { status } = await core.readNamespacedPod({ namespace, name });
      const terminated = status?.containerStatuses?.[0]?.state?.terminated;
      if (status?.phase === undefined || terminated === undefined) return undefined;
      return { phase: status.phase, exitCode: terminated.exitCode, message: terminated.message ?? '' };
    },
    { deadlineMs, pauseMs: 100 },
  );
}

/** What is true of the real device only; it has to be empty. */
export function describeRealDevice(start: () => Promise<RealDevice>): void {
  describe('the real device', () => {
    beforeAll(async () => {
      device = await start();
      const config = new KubeConfig();
      config.loadFromFile(device.kubeconfigPath);
      core = config.makeApiClient(CoreV1Api);
      custom = config.makeApiClient(CustomObjectsApi);
    });

    test('a volume is snapshotted, restored with its data, and leaves nothing when all is deleted', async () => {
      const namespace = await device.namespace();
      await device.applyObjects(claim(namespace, 'orders'), pod(namespace, 'writer', podSpec('orders')));
      const orders = { namespace, persistentVolumeClaim: 'orders' };
      await device.writeFiles(orders, { 'a/hello.txt': "it's here\n", '-odd': '' });
      await core.deleteNamespacedPod({ namespace, name: 'writer' });
      await waitUntil('no volume is mounted', async () => (await device.mounts()).length === 0, { deadlineMs });

      await device.applyObjects(snapshot(namespace, 'point', 'orders'));
      const { restoreSize } = await readySnapshot(namespace, 'point');
      expect((await device.logicalVolumes()).map(({ readOnly }) => readOnly).sort()).toEqual([false, true]);

      const dataSource = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'point' };
      const restored = claim(namespace, 'restored', { dataSource, resources: { requests: { storage: restoreSize } } });
      await device.applyObjects(restored, pod(namespace, 'reader', podSpec('restored')));
      const files = await device.readFiles({ namespace, persistentVolumeClaim: 'restored' });
      expect(files).toEqual({ 'a/hello.txt': "it's here\n", '-odd': '' });

      await custom.deleteNamespacedCustomObject({ ...snapshots, namespace, name: 'point' });
      await core.deleteNamespace({ name: namespace });
      await waitUntil('no logical volume is left', async () => (await device.logicalVolumes()).length === 0, {
        deadlineMs,
      });
    });

    test('a Pod that never restarts runs its command on the volume and ends with its exit code', async () => {
      const namespace = await device.namespace();
      const run = (name: string, script: string, more: object = {}, command = ['sh', '-c', script]): Manifest =>
        pod(namespace, name, {
          restartPolicy: 'Never',
          ...more,
          ...podSpec('data', { command, terminationMessagePolicy: 'FallbackToLogsOnError' }),
        });
      await device.applyObjects(claim(namespace, 'data', { storageClassName: 'topolvm-provisioner-ext4' }));
      await device.applyObjects(run('right', 'echo fine > /var/lib/data/proof; printf yes > /dev/termination-log'));
      expect(await endOf(namespace, 'right')).toEqual({ phase: 'Succeeded', exitCode: 0, message: 'yes' });
      await device.applyObjects(
        run('wrong', 'cat /var/lib/data/proof; ls /root /work; id -u; exit 3', {
          securityContext: { runAsUser: 1234 },
        }),
      );
      const wrong = await endOf(namespace, 'wrong');
      expect(wrong).toMatchObject({ phase: 'Failed', exitCode: 3 });
      expect(wrong.message).toContain('fine');
      expect(wrong.message).toContain('1234');
      await device.applyObjects(run('absent', '', {}, ['no-such-program']));
      expect(await endOf(namespace, 'absent')).toMatchObject({ phase: 'Failed', exitCode: 128 });
    });

    test('a volume is expanded while a Pod uses it, file system and claim', async () => {
      const namespace = await device.namespace();
      await device.applyObjects(claim(namespace, 'data'), pod(namespace, 'user', podSpec('data')));
      const data = { namespace, persistentVolumeClaim: 'data' };
      await device.writeFiles(data, { kept: 'yes' });
      await device.applyObjects(claim(namespace, 'data', { resources: { requests: { storage: '640Mi' } } }));
      await waitUntil(
        'the claim has its new size',
        async () => {
          const { status } = await core.readNamespacedPersistentVolumeClaim({ namespace, name: 'data' });
          const pending = (status?.conditions ?? []).some(({ type }) => type !== 'Unused');
          return status?.capacity?.['storage'] === '640Mi' && !pending;
        },
        { deadlineMs, pauseMs: 100 },
      );
      expect(Number(await device.runInVolume(data, 'df --output=size -m . | tail -1'))).toBeGreaterThan(500);
      expect(await device.readFiles(data)).toEqual({ kept: 'yes' });
    });

    test('a block volume is the device itself, for the node and for a container', async () => {
      const namespace = await device.namespace();
      await device.applyObjects(
        claim(namespace, 'raw', { volumeMode: 'Block' }),
        pod(
          namespace,
          'user',
          podSpec('raw', { volumeMounts: [], volumeDevices: [{ name: 'data', devicePath: '/dev/raw' }] }),
        ),
      );
      const raw = { namespace, persistentVolumeClaim: 'raw' };
      await device.runInVolume(raw, 'test -b "$DEVICE"; printf hello | dd of="$DEVICE" conv=fsync status=none');
      const reads = { command: ['sh', '-c', 'dd if=/dev/raw bs=5 count=1 status=none | grep -q hello'] };
      await device.applyObjects(
        pod(namespace, 'reader', {
          restartPolicy: 'Never',
          ...podSpec('raw', { volumeMounts: [], volumeDevices: [{ name: 'data', devicePath: '/dev/raw' }], ...reads }),
        }),
      );
      expect(await endOf(namespace, 'reader')).toMatchObject({ phase: 'Succeeded' });
    });

    test('workloads scale to 0 until nothing is mounted, and back', async () => {
      const namespace = await device.namespace();
      const labels = { app: 'shop' };
      const template = { metadata: { labels }, spec: podSpec('data') };
      const metadata = { namespace, name: 'shop' };
      const spec = { replicas: 1, selector: { matchLabels: labels }, template };
      const workload = (kind: string, replicas: number): Manifest => ({
        apiVersion: 'apps/v1',
        kind,
        metadata,
        spec: { ...spec, replicas, ...(kind === 'StatefulSet' ? { serviceName: 'shop' } : {}) },
      });
      const data = { namespace, persistentVolumeClaim: 'data' };
      await device.applyObjects(claim(namespace, 'data'));
      for (const kind of ['Deployment', 'StatefulSet']) {
        await device.applyObjects(workload(kind, 1));
        const path = await device.volumePath(data);
        expect(await device.mounts()).toContainEqual({ device: expect.anything() as string, directory: path });
        await device.applyObjects(workload(kind, 0));
        await waitUntil(
          'no Pod is left',
          async () => (await core.listNamespacedPod({ namespace })).items.length === 0,
          {
            deadlineMs,
            pauseMs: 100,
          },
        );
        expect(await device.mounts()).not.toContainEqual({ device: expect.anything() as string, directory: path });
      }
    });

    test('a retained snapshot keeps its logical volume until its content is set to Delete', async () => {
      const namespace = await device.namespace();
      await device.applyObjects(claim(namespace, 'data'), pod(namespace, 'user', podSpec('data')));
      await device.volumePath({ namespace, persistentVolumeClaim: 'data' });
      await device.applyObjects(snapshot(namespace, 'kept', 'data', 'topolvm-snapclass-retain'));
      const { boundVolumeSnapshotContentName: name = '' } = await readySnapshot(namespace, 'kept');
      const contents = { ...snapshots, plural: 'volumesnapshotcontents', name };
      const { status } = (await custom.getClusterCustomObject(contents)) as { status: { snapshotHandle: string } };
      await custom.deleteNamespacedCustomObject({ ...snapshots, namespace, name: 'kept' });
      await waitUntil('the snapshot is gone', async () => {
        const { items } = (await custom.listNamespacedCustomObject({ ...snapshots, namespace })) as {
          items: unknown[];
        };
        return items.length === 0;
      });
      expect(await device.logicalVolumeExists(status.snapshotHandle)).toBe(true);
      const deleting = { apiVersion: 'snapshot.storage.k8s.io/v1', kind: 'VolumeSnapshotContent', metadata: { name } };
      await device.applyObjects({ ...deleting, spec: { deletionPolicy: 'Delete' } });
      await custom.deleteClusterCustomObject(contents);
      await waitUntil('it is freed', async () => !(await device.logicalVolumeExists(status.snapshotHandle)), {
        deadlineMs,
      });
    });
  });
}
