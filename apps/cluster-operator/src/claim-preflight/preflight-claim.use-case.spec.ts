import { maximumManifestBytes, Quiesce, Workload, type ErrorCode } from '@snapfleet/contracts';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { beforeEach, expect, test } from 'vitest';
import { FakeGuard } from '../testing/fake-guard.js';
import { gibibyte, never, operationId, putClaim, where } from '../testing/samples.js';
import { PreflightClaimUseCase } from './preflight-claim.use-case.js';

let cluster: FakeCluster;
let guard: FakeGuard;
const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'orders' } }];
const template = { spec: { volumes } };

beforeEach(() => {
  cluster = new FakeCluster();
  guard = new FakeGuard(cluster.writes);
  cluster.snapshotClasses.put({
    metadata: { name: 'snapclass' },
    driver: 'topolvm.io',
    deletionPolicy: 'Retain',
  } as never);
});

const maximumDowntimeSeconds = 900;

function preflight(kind?: Workload['kind'], name = 'orders') {
  const quiesce =
    kind === undefined
      ? ({ level: 'none' } as const)
      : ({
          level: 'cold',
          workload: Workload.parse({ kind, name }),
          deadlineSeconds: 10,
          maximumDowntimeSeconds,
        } as const);
  return new PreflightClaimUseCase(cluster, guard).run({ ...where, quiesce }, never);
}

async function codes(kind?: Workload['kind'], name?: string): Promise<readonly ErrorCode[]> {
  const reply = await preflight(kind, name);
  return reply.passed ? [] : reply.findings.map(({ code }) => code);
}

function putWorkload(kind: 'Deployment' | 'StatefulSet' | 'ReplicaSet', spec: object, metadata: object = {}): string {
  const made = cluster.workloads[kind].put({
    metadata: { name: 'orders', namespace: 'shop', ...metadata },
    spec: { replicas: 3, ...spec },
  } as never);
  return made.metadata.uid;
}

function putPod(metadata: object = {}, rest: object = {}): void {
  cluster.pods.put({
    metadata: { name: 'orders', namespace: 'shop', ...metadata },
    spec: { containers: [], volumes },
    status: { phase: 'Running' },
    ...rest,
  } as never);
}

test('what a snapshot needs to know is told when nothing is missing', async () => {
  const claim = putClaim(cluster);
  const uid = putWorkload('Deployment', { template });
  await expect(preflight('Deployment')).resolves.toEqual({
    passed: true,
    claim,
    volumeSnapshotClassName: 'snapclass',
    deletionPolicy: 'Retain',
    workload: { kind: 'Deployment', name: 'orders', uid, replicas: 3 },
    pods: [],
    endedPodUids: [],
    notices: [],
  });
  expect(cluster.writes).toEqual([]);
});

test('the highest fencing token of claim and workload is told', async () => {
  putClaim(cluster);
  putWorkload('Deployment', { template }, { annotations: { 'snapfleet.io/fencing-token': '12' } });
  await expect(preflight('Deployment')).resolves.toMatchObject({ fencingToken: 12 });
  const claim = { namespace: 'shop', name: 'orders' };
  cluster.claims.change(claim, { metadata: { annotations: { 'snapfleet.io/fencing-token': '40' } } });
  await expect(preflight('Deployment')).resolves.toMatchObject({ fencingToken: 40 });
});

test('the node and the device class come from what TopoLVM wrote', async () => {
  const { volumeHandle } = putClaim(cluster);
  const volume = cluster.volumes.objects.get('/pv-orders');
  const matchExpressions = [{ key: 'topology.topolvm.io/node', operator: 'In', values: ['device'] }];
  const nodeAffinity = { required: { nodeSelectorTerms: [{ matchExpressions }] } };
  cluster.volumes.put({ ...volume, spec: { ...volume?.spec, nodeAffinity } } as never);
  cluster.logicalVolumes.put({
    metadata: { name: 'pv-orders' },
    spec: { deviceClass: 'fast' },
    status: { volumeID: volumeHandle },
  } as never);
  await expect(preflight()).resolves.toMatchObject({
    claim: { nodeName: 'device', deviceClass: 'fast', capacityBytes: gibibyte },
  });
});

test('everything that is missing is told at once', async () => {
  cluster.snapshotClasses.objects.clear();
  await expect(codes('Deployment')).resolves.toEqual([
    'pvc_not_found',
    'snapshot_class_not_found',
    'workload_not_found',
  ]);
});

test('without the snapshot API the classes are not asked for', async () => {
  cluster.servesSnapshots = false;
  putClaim(cluster);
  await expect(codes()).resolves.toEqual(['snapshot_crd_missing']);
});

test('a claim that is pending or being deleted is refused', async () => {
  putClaim(cluster);
  cluster.claims.change(
    { namespace: 'shop', name: 'orders' },
    { spec: { volumeName: null }, status: { phase: 'Pending' } },
  );
  await expect(codes()).resolves.toEqual(['pvc_not_bound']);
  cluster.claims.change(
    { namespace: 'shop', name: 'orders' },
    { metadata: { finalizers: ['x'], deletionTimestamp: 'now' } },
  );
  await expect(codes()).resolves.toEqual(['pvc_terminating', 'pvc_not_bound']);
});

test("a volume of another driver is refused, TopoLVM's former name with a word on it", async () => {
  putClaim(cluster);
  cluster.volumes.change({ name: 'pv-orders' }, { spec: { csi: { driver: 'topolvm.cybozu.com' } } });
  const reply = await preflight();
  expect(reply).toMatchObject({
    findings: [{ code: 'wrong_driver', message: expect.stringContaining('former name') as string }],
  });
});

test('a workload that does not use the claim is not taken for its workload', async () => {
  putClaim(cluster);
  putWorkload('Deployment', { template: { spec: { volumes: [] } } });
  await expect(codes('Deployment')).resolves.toEqual(['workload_not_found']);
});

test('a StatefulSet uses the claims of its templates, by ordinal', async () => {
  putClaim(cluster, 'data-orders-0');
  putWorkload('StatefulSet', { template: { spec: {} }, volumeClaimTemplates: [{ metadata: { name: 'data' } }] });
  const about = { ...where, persistentVolumeClaim: 'data-orders-0' as typeof where.persistentVolumeClaim };
  const workload = Workload.parse({ kind: 'StatefulSet', name: 'orders' });
  const reply = await new PreflightClaimUseCase(cluster, guard).run(
    { ...about, quiesce: { level: 'cold', workload, deadlineSeconds: 9, maximumDowntimeSeconds } },
    never,
  );
  expect(reply.passed).toBe(true);
});

test('a StatefulSet that deletes its claims when scaled down is refused', async () => {
  putClaim(cluster, 'data-orders-0');
  const volumeClaimTemplates = [{ metadata: { name: 'data' } }];
  putWorkload('StatefulSet', { volumeClaimTemplates, persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' } });
  const about = { ...where, persistentVolumeClaim: 'data-orders-0' as typeof where.persistentVolumeClaim };
  const workload = Workload.parse({ kind: 'StatefulSet', name: 'orders' });
  const reply = await new PreflightClaimUseCase(cluster, guard).run(
    { ...about, quiesce: { level: 'cold', workload, deadlineSeconds: 9, maximumDowntimeSeconds } },
    never,
  );
  expect(reply).toMatchObject({
    findings: [{ code: 'workload_conflict', message: expect.stringContaining('whenScaled') as string }],
  });
});

test('a ReplicaSet of a Deployment is refused, for the Deployment would scale it back', async () => {
  putClaim(cluster);
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'orders', uid: 'd', controller: true }];
  putWorkload('ReplicaSet', { template }, { ownerReferences });
  await expect(codes('ReplicaSet')).resolves.toEqual(['workload_conflict']);
});

test('Pods of others that use the claim are named, those of the own ReplicaSets are not', async () => {
  putClaim(cluster);
  const uid = putWorkload('Deployment', { template });
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'orders', uid, controller: true }];
  const set = putWorkload('ReplicaSet', { template }, { ownerReferences, name: 'orders-1' });
  const owned = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'orders-1', uid: set, controller: true }];
  putPod({ name: 'orders-1-a', ownerReferences: owned });
  await expect(codes('Deployment')).resolves.toEqual([]);
  putPod({ name: 'stranger' });
  const reply = await preflight('Deployment');
  expect(reply).toMatchObject({
    findings: [{ code: 'workload_conflict', message: expect.stringContaining('Pod stranger') as string }],
  });
});

test('a workload that we hold at 0 keeps the replicas of its mark', async () => {
  putClaim(cluster);
  const annotations = { 'snapfleet.io/quiesced': JSON.stringify({ operationId, replicas: 7 }) };
  putWorkload('Deployment', { template, replicas: 0 }, { annotations });
  await expect(preflight('Deployment')).resolves.toMatchObject({ workload: { replicas: 7 } });
});

test('the manifest of a bare Pod is saved', async () => {
  putClaim(cluster);
  putPod({ labels: { a: 'b' } });
  const reply = await preflight('Pod');
  expect(reply).toMatchObject({
    workload: { kind: 'Pod', manifest: { kind: 'Pod', metadata: { labels: { a: 'b' } } } },
  });
});

test('a Pod whose manifest no message can hold is refused, with what to do, and nothing is touched', async () => {
  putClaim(cluster);
  putPod({ annotations: { large: 'ä'.repeat(maximumManifestBytes / 2) } });
  const reply = await preflight('Pod');
  expect(reply).toMatchObject({
    passed: false,
    findings: [
      {
        code: 'manifest_too_large',
        message: expect.stringMatching(/^the manifest of Pod orders has 24\d{4} bytes/) as string,
        remedy: expect.stringContaining('ConfigMap') as string,
        retryable: false,
      },
    ],
  });
  expect(cluster.writes).toEqual([]);
  putPod({ annotations: { large: 'x'.repeat(maximumManifestBytes - 1_000) } });
  await expect(codes('Pod')).resolves.toEqual([]);
});

test('a Pod that would not come back as it was is refused', async () => {
  putClaim(cluster);
  putPod({ ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'j', controller: true }] });
  await expect(codes('Pod')).resolves.toEqual(['workload_conflict']);
  putPod({ annotations: { 'kubernetes.io/config.mirror': 'x' } });
  await expect(codes('Pod')).resolves.toEqual(['workload_conflict']);
  putPod({}, { status: { phase: 'Succeeded' } });
  await expect(codes('Pod')).resolves.toEqual(['workload_conflict']);
  putPod({}, { spec: { containers: [] } });
  await expect(codes('Pod')).resolves.toEqual(['workload_not_found']);
});

test('a workload is not begun with while the guard does not answer, and nothing else needs it', async () => {
  putClaim(cluster);
  putWorkload('Deployment', { template });
  guard.silences = 2;
  await expect(codes('Deployment')).resolves.toEqual(['guard_unavailable']);
  await expect(preflight()).resolves.toMatchObject({ passed: true });
});

const after = [{ command: ['unlock'] }];
test.each([
  ['need a guard that answers where they have to be undone', { after }, { silences: 1 }, ['guard_unavailable']],
  ['need a guard that may undo them', { after }, { mayRunHooks: false }, ['hooks_unsupported']],
  ['need none where there is nothing to undo', {}, { silences: 1, mayRunHooks: false }, []],
])('hooks %s', async (_what, more, state, wanted) => {
  putClaim(cluster);
  putWorkload('Deployment', { template });
  Object.assign(guard, state);
  const workload = { kind: 'Deployment', name: 'orders' };
  const quiesce = Quiesce.parse({ level: 'hooks', workload, before: [{ command: ['lock'] }], ...more });
  const reply = await new PreflightClaimUseCase(cluster, guard).run({ ...where, quiesce }, never);
  expect(reply.passed ? [] : reply.findings.map(({ code }) => code)).toEqual(wanted);
});
