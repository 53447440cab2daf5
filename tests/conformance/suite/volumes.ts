import { describe, expect, test } from 'vitest';
import { mergePatch, refusalOf, type Cluster } from './cluster.js';
import { claim, pod, podSpec } from './manifests.js';

/** How claims get their volumes, grow and go. */
export function describeVolumes(use: () => Cluster): void {
  describe('volumes', () => {
    test('a claim waits for its first Pod, is bound to a logical volume, and takes it along when it goes', async () => {
      const cluster = use();
      const { core } = cluster;
      const namespace = await cluster.namespace();
      const name = 'data';
      await cluster.apply(claim(namespace, name));
      await cluster.eventAbout(namespace, name, 'WaitForFirstConsumer', /waiting for first consumer/);
      const waiting = await core.readNamespacedPersistentVolumeClaim({ namespace, name });
      expect(waiting.status?.phase).toBe('Pending');
      expect(waiting.metadata?.finalizers).toContain('kubernetes.io/pvc-protection');

      await cluster.apply(pod(namespace, 'user', podSpec(name)));
      await cluster.podIsReady(namespace, 'user');
      const { volumeName, handle } = await boundVolume(cluster, namespace, name);
      expect(await cluster.device.logicalVolumeExists(handle)).toBe(true);

      await core.deleteNamespacedPersistentVolumeClaim({ namespace, name });
      const held = await core.readNamespacedPersistentVolumeClaim({ namespace, name });
      expect(held.metadata?.deletionTimestamp).toBeInstanceOf(Date);
      await core.deleteNamespacedPod({ namespace, name: 'user' });
      await cluster.claimIsGone(namespace, name);
      await cluster.gone('the volume', () => core.readPersistentVolume({ name: volumeName }));
      expect(await cluster.logicalVolume(volumeName)).toBeUndefined();
      expect(await cluster.device.logicalVolumeExists(handle)).toBe(false);
    });

    test('a claim in use grows with its data and never shrinks', async () => {
      const cluster = use();
      const { core } = cluster;
      const namespace = await cluster.namespace();
      const name = 'data';
      const data = { namespace, persistentVolumeClaim: name };
      await cluster.apply(claim(namespace, name), pod(namespace, 'user', podSpec(name)));
      await cluster.device.writeFiles(data, { kept: 'yes' });
      const request = (storage: string) => {
        const body = { spec: { resources: { requests: { storage } } } };
        return core.patchNamespacedPersistentVolumeClaim({ namespace, name, body }, mergePatch);
      };
      await request('640Mi');
      await cluster.until('the claim has its new size', async () => {
        const { status } = await core.readNamespacedPersistentVolumeClaim({ namespace, name });
        const pending = status?.conditions?.some(({ type }) => type === 'FileSystemResizePending') ?? false;
        return status?.capacity?.['storage'] === '640Mi' && !pending;
      });
      expect(await cluster.device.readFiles(data)).toEqual({ kept: 'yes' });
      expect(await refusalOf(request('320Mi'))).toMatchObject({
        code: 422,
        details: { causes: [{ field: 'spec.resources.requests.storage' }] },
      });
    });

    test('a claim of more than the pool may promise stays without a volume, and says why', async () => {
      const cluster = use();
      const namespace = await cluster.namespace();
      const name = 'huge';
      const resources = { requests: { storage: '8Ti' } };
      await cluster.apply(claim(namespace, name, { resources }), pod(namespace, 'user', podSpec(name)));
      const saying = /no enough space left on VG: free=\d+, requested=8796093022208/;
      await cluster.eventAbout(namespace, name, 'ProvisioningFailed', saying);
      const { status } = await cluster.core.readNamespacedPersistentVolumeClaim({ namespace, name });
      expect(status?.phase).toBe('Pending');
    });

    test('a claim that many may read is refused by the driver', async () => {
      const cluster = use();
      const namespace = await cluster.namespace();
      const shared = claim(namespace, 'shared', { accessModes: ['ReadOnlyMany'] });
      await cluster.apply(shared, pod(namespace, 'user', podSpec('shared')));
      await cluster.eventAbout(
        namespace,
        'shared',
        'ProvisioningFailed',
        /unsupported access mode: MULTI_NODE_READER_ONLY/,
      );
    });
  });
}

const onThisNode = [{ key: 'topology.topolvm.io/node', operator: 'In', values: ['device'] }];

/** Checks that claim, PersistentVolume and LogicalVolume say the same of the volume, and names it. */
async function boundVolume(
  cluster: Cluster,
  namespace: string,
  name: string,
): Promise<{ volumeName: string; handle: string }> {
  const bound = await cluster.core.readNamespacedPersistentVolumeClaim({ namespace, name });
  expect(bound).toMatchObject({
    status: { phase: 'Bound', capacity: { storage: '320Mi' }, accessModes: ['ReadWriteOnce'] },
    spec: { volumeName: `pvc-${bound.metadata?.uid ?? ''}`, volumeMode: 'Filesystem' },
  });
  const volumeName = bound.spec?.volumeName ?? '';
  const volume = await cluster.core.readPersistentVolume({ name: volumeName });
  const handle = volume.spec?.csi?.volumeHandle ?? '';
  expect(volume).toMatchObject({
    spec: {
      capacity: { storage: '320Mi' },
      claimRef: { namespace, name, uid: bound.metadata?.uid },
      csi: { driver: 'topolvm.io', fsType: 'xfs' },
      persistentVolumeReclaimPolicy: 'Delete',
      storageClassName: 'topolvm-provisioner-thin',
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: onThisNode }] } },
    },
    status: { phase: 'Bound' },
  });
  const logicalVolume = await cluster.logicalVolume(volumeName);
  expect(logicalVolume).toMatchObject({
    metadata: { uid: handle, finalizers: ['topolvm.io/logicalvolume'] },
    spec: { deviceClass: 'thin' },
    status: { volumeID: handle, currentSize: '320Mi' },
  });
  return { volumeName, handle };
}
