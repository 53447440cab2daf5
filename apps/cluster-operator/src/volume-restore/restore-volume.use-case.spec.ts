import { ObjectName, type VolumeRestore, type DataOf } from '@snapfleet/contracts';
import { KubernetesApiError } from '@snapfleet/kubernetes';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { beforeEach, expect, test, vi } from 'vitest';
import {
  gibibyte,
  never,
  operationId,
  otherOperationId,
  putClaim,
  putReadySnapshot,
  restorePointId,
  where,
} from '../testing/samples.js';
import { RemoveVolumeUseCase } from '../volume-remove/remove-volume.use-case.js';
import { Consumer } from './consumer.js';
import { RestoreVolumeUseCase } from './restore-volume.use-case.js';

type Command = DataOf<typeof VolumeRestore>;
const target = { namespace: 'shop', name: 'restored' };
const podKey = { namespace: 'shop', name: 'restored-consumer' };
const volumeHandle = '9d3a7c11-52f0-4f6c-8d34-7e1f0a9b8c7d';
let cluster: FakeCluster;
let command: Command;
/** How the Pod gets on. */
let podStatus: object;

beforeEach(() => {
  cluster = new FakeCluster();
  const claim = putClaim(cluster);
  const snapshot = putReadySnapshot(cluster);
  const targetClaim = ObjectName.parse('restored');
  command = {
    operationId,
    restorePointId,
    ...where,
    targetClaim,
    purpose: 'user',
    claim,
    snapshot,
    deadlineSeconds: 9,
  };
  podStatus = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  cluster.controllers.push(playProvisioner, () => cluster.pods.change(podKey, { status: podStatus }));
});

/** Binds a restored claim when a Pod uses it, and expands it when that is asked for. */
function playProvisioner(): void {
  const claim = cluster.claims.objects.get('shop/restored');
  if (claim === undefined || cluster.pods.objects.size + (claim.status === undefined ? 0 : 1) === 0) return;
  const storage = claim.spec.resources?.requests?.storage ?? '0';
  if (claim.status?.phase !== 'Bound') {
    const spec = { csi: { driver: 'topolvm.io', volumeHandle }, claimRef: { uid: claim.metadata.uid } };
    cluster.volumes.put({ metadata: { name: 'pv-restored' }, spec } as never);
  }
  cluster.claims.change(target, {
    spec: { volumeName: 'pv-restored' },
    status: { phase: 'Bound', capacity: { storage } },
  });
}

const restore = (change: Partial<Command> = {}) =>
  new RestoreVolumeUseCase(cluster, new Consumer(cluster, 'pause:1')).run({ ...command, ...change }, never);
const assertion = { image: 'check:1', command: ['check'], mountPath: '/data', timeoutSeconds: 5 };
const ended = (exitCode: number, message?: string): object => ({
  phase: exitCode === 0 ? 'Succeeded' : 'Failed',
  containerStatuses: [{ name: 'consumer', state: { terminated: { exitCode, message } } }],
});

test('the claim has exactly the size, class and modes of the source, and a Pod used it', async () => {
  await expect(restore()).resolves.toMatchObject({ volumeHandle, sizeBytes: gibibyte });
  expect(cluster.writes.slice(0, 2)).toEqual(['create PersistentVolumeClaim restored', 'create Pod restored-consumer']);
  expect(cluster.claims.objects.get('shop/restored')).toMatchObject({
    metadata: { labels: { 'snapfleet.io/purpose': 'user', 'snapfleet.io/operation': operationId } },
    spec: {
      storageClassName: 'thin',
      accessModes: ['ReadWriteOnce'],
      volumeMode: 'Filesystem',
      dataSource: {
        apiGroup: 'snapshot.storage.k8s.io',
        kind: 'VolumeSnapshot',
        name: command.snapshot.volumeSnapshotName,
      },
      resources: { requests: { storage: '1073741824' } },
    },
  });
  expect(cluster.pods.objects.size).toBe(0);
});

test('restored again by the same operation, no second Pod uses it', async () => {
  podStatus = ended(0, 'fine');
  const first = await restore({ assertion });
  cluster.writes.length = 0;
  await expect(restore({ assertion })).resolves.toEqual(first);
  expect(cluster.writes).toEqual([]);
});

test('a claim of that name is left alone, ours from another operation too', async () => {
  await restore();
  await expect(restore({ operationId: otherOperationId })).rejects.toMatchObject({ code: 'target_exists' });
  cluster.claims.change(target, { metadata: { labels: null } });
  await expect(restore()).rejects.toMatchObject({ code: 'target_exists' });
  expect(cluster.claims.objects.has('shop/restored')).toBe(true);
});

test('a larger size is asked for only after the restore', async () => {
  await expect(restore({ sizeBytes: 2 * gibibyte })).resolves.toMatchObject({ sizeBytes: 2 * gibibyte });
  const { writes } = cluster;
  const expansion =
    'patch PersistentVolumeClaim restored {"spec":{"resources":{"requests":{"storage":"2147483648"}}},"metadata":{}}';
  expect(writes.indexOf(expansion)).toBeGreaterThan(writes.indexOf('delete Pod restored-consumer'));
});

test('an impossible size is refused before anything is made', async () => {
  await expect(restore({ sizeBytes: 1 })).rejects.toMatchObject({ code: 'restore_size_too_small' });
  cluster.storageClasses.change({ name: 'thin' }, { allowVolumeExpansion: false });
  const refused = { code: 'invalid_message', field: 'data.sizeBytes' };
  await expect(restore({ sizeBytes: 2 * gibibyte })).rejects.toMatchObject(refused);
  expect(cluster.writes).toEqual([]);
});

test('a VolumeSnapshot that is gone, or another one by now, is not restored from', async () => {
  const other = { ...command.snapshot, volumeSnapshotUid: command.claim.uid };
  await expect(restore({ snapshot: other })).rejects.toMatchObject({ code: 'snapshot_not_found' });
  expect(cluster.writes).toEqual([]);
});

test('a failed assertion is an outcome, not an error', async () => {
  podStatus = ended(3, 'orders.db is damaged');
  const outcome = { assertion: { exitCode: 3, message: 'orders.db is damaged' } };
  await expect(restore({ assertion })).resolves.toMatchObject(outcome);
});

test('an assertion that was stopped by its time is told as timeout(1) does', async () => {
  podStatus = { phase: 'Failed', reason: 'DeadlineExceeded', message: 'Pod was active longer' };
  await expect(restore({ assertion })).resolves.toMatchObject({ assertion: { exitCode: 124 } });
});

test('the assertion runs in its own image, the idle Pod has no rights at all', async () => {
  podStatus = {};
  cluster.controllers.length = 1;
  await restore({ assertion }).catch(() => undefined);
  expect(cluster.writes).toContain('create Pod restored-consumer');
});

test('a claim that is not bound in time is told with its events, and everything that was made goes', async () => {
  cluster.controllers.length = 0;
  const event = { type: 'Warning', reason: 'ProvisioningFailed', message: 'no enough space left on VG' };
  cluster.events.put({ metadata: { name: 'e', namespace: 'shop' }, ...event });
  await expect(restore()).rejects.toMatchObject({
    code: 'restore_not_bound',
    message: expect.stringContaining('ProvisioningFailed: no enough space left on VG') as string,
  });
  expect([...cluster.claims.objects.keys()]).toEqual(['shop/orders']);
  expect(cluster.pods.objects.size).toBe(0);
});

test('a Pod that does not become ready is told with its state, and everything that was made goes', async () => {
  const waiting = { reason: 'ImagePullBackOff', message: 'no such image' };
  podStatus = { phase: 'Pending', containerStatuses: [{ name: 'consumer', state: { waiting } }] };
  cluster.controllers.push(
    () => cluster.claims.objects.has('shop/restored') || cluster.volumes.objects.delete('/pv-restored'),
  );
  await expect(restore()).rejects.toMatchObject({
    code: 'consumer_not_ready',
    message: expect.stringContaining('container consumer: ImagePullBackOff: no such image') as string,
  });
  expect(cluster.claims.objects.has('shop/restored')).toBe(false);
});

/** Puts the restored volume away with its claim, as the provisioner does. */
const playRemoval = (): void => {
  cluster.controllers.push(
    () => cluster.claims.objects.has('shop/restored') || cluster.volumes.objects.delete('/pv-restored'),
  );
};

test('a user claim that was restored before stays when the command comes again and fails', async () => {
  await restore();
  cluster.controllers.length = 0;
  playRemoval();
  await expect(restore({ sizeBytes: 2 * gibibyte })).rejects.toMatchObject({
    code: 'deadline_exceeded',
    retryable: true,
    message: expect.stringMatching(/was not expanded.*PersistentVolumeClaim shop\/restored stays: its data/) as string,
  });
  expect(cluster.claims.objects.has('shop/restored')).toBe(true);
  expect(cluster.volumes.objects.has('/pv-restored')).toBe(true);
});

test('a user claim that somebody uses already stays when its restore fails', async () => {
  podStatus = { phase: 'Pending' };
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'restored' } }];
  cluster.pods.put({ metadata: { namespace: 'shop', name: 'impatient' }, spec: { volumes } } as never);
  playRemoval();
  await expect(restore()).rejects.toMatchObject({
    code: 'consumer_not_ready',
    message: expect.stringContaining('stays: Pod impatient') as string,
  });
  expect(cluster.claims.objects.has('shop/restored')).toBe(true);
  expect([...cluster.pods.objects.keys()]).toEqual(['shop/impatient']);
});

test('an API server that is away for a moment leaves nothing half restored, and the command may come again', async () => {
  playRemoval();
  const away = vi.spyOn(cluster.pods, 'waitFor');
  away.mockRejectedValueOnce(new KubernetesApiError(503, 'ServiceUnavailable', 'etcd has no leader'));
  const told = { name: 'SnapfleetError', code: 'internal', retryable: true, message: 'etcd has no leader' };
  await expect(restore()).rejects.toMatchObject(told);
  expect([...cluster.claims.objects.keys()]).toEqual(['shop/orders']);
  expect(cluster.pods.objects.size).toBe(0);
  await expect(restore()).resolves.toMatchObject({ volumeHandle });
});

test('a restore in whose middle the service stops keeps what it has made', async () => {
  const stop = new AbortController();
  vi.spyOn(cluster.pods, 'waitFor').mockImplementationOnce(() => {
    stop.abort();
    return Promise.reject(new Error('aborted'));
  });
  const useCase = new RestoreVolumeUseCase(cluster, new Consumer(cluster, 'pause:1'));
  await expect(useCase.run(command, stop.signal)).rejects.toThrow('aborted');
  expect(cluster.claims.objects.has('shop/restored')).toBe(true);
  expect(cluster.pods.objects.size).toBe(1);
});

test('a Pod of that name that is not ours is neither used nor deleted', async () => {
  cluster.pods.put({ metadata: podKey, spec: {} } as never);
  await expect(restore()).rejects.toMatchObject({ code: 'not_ours' });
  expect(cluster.pods.objects.size).toBe(1);
});

test('a scratch claim is removed with its volume, a user claim never', async () => {
  const removal = new RemoveVolumeUseCase(cluster);
  const removeTarget = {
    operationId,
    namespace: where.namespace,
    targetClaim: command.targetClaim,
    deadlineSeconds: 9,
  };
  await restore();
  await expect(removal.run(removeTarget, never)).rejects.toMatchObject({ code: 'not_ours' });
  cluster.claims.objects.delete('shop/restored');
  await restore({ purpose: 'scratch' });
  cluster.controllers.push(
    () => cluster.claims.objects.has('shop/restored') || cluster.volumes.objects.delete('/pv-restored'),
  );
  const another = { ...removeTarget, operationId: otherOperationId };
  await expect(removal.run(another, never)).rejects.toMatchObject({ code: 'not_ours' });
  await expect(removal.run(removeTarget, never)).resolves.toEqual({ removed: true });
  await expect(removal.run(removeTarget, never)).resolves.toEqual({ removed: false });
});
