import { deterministicUuid, Workload } from '@snapfleet/contracts';
import { beforeEach, expect, test } from 'vitest';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { never, where } from '../testing/samples.js';
import { examineWorkload } from './examine-workload.js';

let cluster: FakeCluster;
const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'orders' } }];
const workload = Workload.parse({ kind: 'ReplicaSet', name: 'orders' });
const cold = { level: 'cold' as const, workload, deadlineSeconds: 10, maximumDowntimeSeconds: 900 };
const frozen = { level: 'frozen' as const, workload, maximumFreezeSeconds: 5 };

beforeEach(() => {
  cluster = new FakeCluster();
});

function putWorkload(metadata: object = {}): string {
  const made = cluster.workloads.ReplicaSet.put({
    metadata: { name: 'orders', namespace: 'shop', ...metadata },
    spec: { replicas: 2, template: { spec: { volumes } } },
  } as never);
  return made.metadata.uid;
}

function putPod(name: string, owner: string, status: object = { phase: 'Running' }): string {
  const uid = deterministicUuid(name);
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'orders', uid: owner, controller: true }];
  cluster.pods.put({ metadata: { name, namespace: 'shop', uid, ownerReferences }, spec: { volumes }, status } as never);
  return uid;
}

const putAutoscaler = (minReplicas: number, name = 'orders', own = 'scaler'): unknown =>
  cluster.autoscalers.put({
    metadata: { name: own, namespace: 'shop' },
    spec: { scaleTargetRef: { kind: 'ReplicaSet', name }, minReplicas, maxReplicas: 5 },
  } as never);

test('the running Pods of the workload are what is frozen; nothing is saved, for nothing is scaled', async () => {
  const owner = putWorkload();
  const uid = putPod('orders-1', owner);
  const ended = putPod('orders-2', owner, { phase: 'Failed' });
  await expect(examineWorkload(cluster, where, frozen, never)).resolves.toEqual({
    findings: [],
    touched: [expect.objectContaining({ metadata: expect.objectContaining({ uid }) as unknown })],
    pods: [{ name: 'orders-1', uid }],
    endedPodUids: [ended],
    notices: [],
  });
});

const ofStarting = { phase: 'Pending', conditions: [{ type: 'Initialized', status: 'False' }] };
const asEnding = { deletionTimestamp: '2026-11-23T12:00:00Z', finalizers: ['x'] };
test.each([
  ['starts: an init container may write', { status: ofStarting }],
  ['is being deleted: it may flush what it has', { metadata: asEnding }],
])('a Pod of the workload that %s while the others are frozen, and may be ready soon', async (_what, change) => {
  const owner = putWorkload();
  putPod('orders-1', owner);
  putPod('orders-2', owner);
  cluster.pods.change({ namespace: 'shop', name: 'orders-2' }, { spec: { nodeName: 'edge-1' }, ...change });
  const { findings } = await examineWorkload(cluster, where, frozen, never);
  expect(findings).toMatchObject([
    { code: 'freeze_unsupported', retryable: true, message: expect.stringContaining('Pod orders-2') as string },
  ]);
});

test('a Pod of the workload that waits for a node is no reason not to freeze the others', async () => {
  const owner = putWorkload();
  const uid = putPod('orders-1', owner);
  putPod('orders-2', owner, { phase: 'Pending' });
  const { findings, pods } = await examineWorkload(cluster, where, frozen, never);
  expect(findings).toEqual([]);
  expect(pods).toEqual([{ name: 'orders-1', uid }]);
});

test('a Pod of somebody else would go on writing, so it is refused at every level', async () => {
  putWorkload();
  putPod('stranger', deterministicUuid('another owner'));
  for (const quiesce of [cold, frozen]) {
    const { findings, pods } = await examineWorkload(cluster, where, quiesce, never);
    expect(findings.map(({ code }) => code)).toEqual(['workload_conflict']);
    expect(pods).toEqual([]);
  }
});

test.each([
  [2, 'rests while there are 0 replicas'],
  [0, 'bring the workload back too early'],
])('an autoscaler with at least %i replicas is told: %s', async (minReplicas, words) => {
  putWorkload();
  putAutoscaler(minReplicas);
  const { findings, notices } = await examineWorkload(cluster, where, cold, never);
  expect(findings).toEqual([]);
  expect(notices).toEqual([{ code: 'horizontal-pod-autoscaler', message: expect.stringContaining(words) as string }]);
});

test('more autoscalers than a reply can tell keep no snapshot from being made', async () => {
  putWorkload();
  for (let index = 0; index < 17; index += 1) putAutoscaler(1, 'orders', `scaler-${String(index)}`);
  expect((await examineWorkload(cluster, where, cold, never)).notices).toHaveLength(16);
});

test('an autoscaler of another workload is none of this one', async () => {
  putWorkload();
  putAutoscaler(1, 'other');
  expect((await examineWorkload(cluster, where, cold, never)).notices).toEqual([]);
});

test.each([
  [{ annotations: { 'argocd.argoproj.io/tracking-id': 'x' } }, 'Argo CD looks after'],
  [{ labels: { 'kustomize.toolkit.fluxcd.io/name': 'x' } }, 'Flux looks after'],
  [
    { managedFields: [{ manager: 'argocd-controller', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }] },
    'sets its replicas',
  ],
])('a GitOps owner is told: %j', async (metadata, words) => {
  putWorkload(metadata);
  const { notices } = await examineWorkload(cluster, where, cold, never);
  expect(notices).toEqual([{ code: 'gitops-owner', message: expect.stringContaining(words) as string }]);
});

test('who manages other fields only is no owner of the replicas', async () => {
  putWorkload({ managedFields: [{ manager: 'argocd-controller', fieldsV1: { 'f:metadata': {} } }] });
  expect((await examineWorkload(cluster, where, cold, never)).notices).toEqual([]);
});
