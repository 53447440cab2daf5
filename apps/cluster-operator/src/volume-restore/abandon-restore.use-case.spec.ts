import { deterministicUuid, ObjectName, OperationId, type DataOf, type VolumeRestore } from '@snapfleet/contracts';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { beforeEach, expect, test, vi } from 'vitest';
import { RunningSteps } from '../marks/running-steps.js';
import {
  never,
  operationId,
  otherOperationId,
  putClaim,
  putReadySnapshot,
  restorePointId,
  where,
} from '../testing/samples.js';
import { AbandonRestoreUseCase } from './abandon-restore.use-case.js';
import { Consumer } from './consumer.js';
import { restoreStep } from './restore-step.js';
import { RestoreVolumeUseCase } from './restore-volume.use-case.js';

const target = { namespace: 'shop', name: 'restored' };
let cluster: FakeCluster;
let command: DataOf<typeof VolumeRestore>;
let steps: RunningSteps;

beforeEach(() => {
  cluster = new FakeCluster();
  steps = new RunningSteps();
  const targetClaim = ObjectName.parse(target.name);
  const about = { operationId, restorePointId, ...where, targetClaim, purpose: 'user' as const, deadlineSeconds: 9 };
  command = { ...about, claim: putClaim(cluster), snapshot: putReadySnapshot(cluster) };
});

const restore = () =>
  steps.run(restoreStep(operationId), never, (signal) =>
    new RestoreVolumeUseCase(cluster, new Consumer(cluster, 'pause:1')).run(command, signal),
  );
const abandon = (more: { operationId?: OperationId } = {}) =>
  new AbandonRestoreUseCase(cluster, steps).run({ ...command, ...more }, never);
const restoredClaim = () => cluster.claims.objects.get('shop/restored');

/** A restore that has made its claim and waits for it to be bound. */
async function waitingRestore(): Promise<{ readonly running: Promise<unknown> }> {
  const waits = Promise.withResolvers<undefined>();
  vi.spyOn(cluster.claims, 'waitFor').mockImplementationOnce((...given: unknown[]) => {
    const { signal } = given[2] as { readonly signal: AbortSignal };
    waits.resolve(undefined);
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  });
  const running = restore().catch((error: unknown) => error);
  await waits.promise;
  return { running };
}

test('the restore that runs is ended, and its half-filled claim and Pod are removed', async () => {
  const { running } = await waitingRestore();
  expect(restoredClaim()).toBeDefined();
  await expect(abandon()).resolves.toEqual({});
  await expect(running).resolves.toMatchObject({ code: 'operation_superseded' });
  expect(restoredClaim()).toBeUndefined();
  expect(cluster.pods.objects.size).toBe(0);
});

test('one that comes later is refused and makes nothing, also in another process', async () => {
  await abandon();
  steps = new RunningSteps();
  await expect(restore()).rejects.toMatchObject({ code: 'operation_superseded', retryable: false });
  expect(cluster.writes.filter((write) => write.startsWith('create'))).toEqual([]);
});

test('one of another process that makes its claim at the same moment removes it again', async () => {
  const create = cluster.claims.create.bind(cluster.claims);
  vi.spyOn(cluster.claims, 'create').mockImplementationOnce(async (...given) => {
    const other = new AbandonRestoreUseCase(cluster, new RunningSteps());
    await other.run(command, never);
    return create(...given);
  });
  await expect(restore()).rejects.toMatchObject({ code: 'operation_superseded' });
  expect(restoredClaim()).toBeUndefined();
});

test('a claim that is restored, or that somebody uses, stays, and it is told why', async () => {
  const labels = {
    'app.kubernetes.io/managed-by': 'snapfleet',
    'snapfleet.io/purpose': 'user',
    'snapfleet.io/operation': operationId,
  };
  const dataSource = {
    apiGroup: 'snapshot.storage.k8s.io',
    kind: 'VolumeSnapshot',
    name: command.snapshot.volumeSnapshotName,
  };
  const put = (annotations: object) =>
    cluster.claims.put({ metadata: { ...target, labels, annotations }, spec: { dataSource } } as never);
  put({ 'snapfleet.io/restored': '{}' });
  expect((await abandon()).stays).toContain('its data are restored');
  put({});
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'restored' } }];
  cluster.pods.put({
    metadata: { name: 'user', namespace: 'shop' },
    spec: { volumes },
    status: { phase: 'Running' },
  } as never);
  expect((await abandon()).stays).toContain('uses it');
  expect(restoredClaim()).toBeDefined();
});

test("somebody else's claim of that name is left alone", async () => {
  cluster.claims.put({ metadata: target, spec: {} } as never);
  await expect(abandon()).resolves.toEqual({});
  expect(restoredClaim()).toBeDefined();
});

test('other restores of the snapshot go on, and the note keeps the newest', async () => {
  await abandon({ operationId: otherOperationId });
  for (let index = 0; index < 15; index += 1) {
    await abandon({ operationId: OperationId.parse(deterministicUuid(String(index))) });
  }
  const noted = () =>
    [...cluster.snapshots.objects.values()][0]?.metadata.annotations?.['snapfleet.io/abandoned-restores'];
  expect(noted()?.split(',')).toHaveLength(16);
  expect(noted()).toContain(otherOperationId);
  await abandon();
  expect(noted()?.split(',')).toHaveLength(16);
  expect(noted()).not.toContain(otherOperationId);
});

test('without the snapshot there is nothing to note', async () => {
  cluster.snapshots.objects.clear();
  await expect(abandon()).resolves.toEqual({});
});
