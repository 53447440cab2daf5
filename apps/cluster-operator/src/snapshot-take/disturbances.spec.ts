import { ObjectUid, PodUid, Quiet, SnapshotTake, deterministicUuid } from '@snapfleet/contracts';
import { Deadline, KubernetesApiError } from '@snapfleet/kubernetes';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { beforeEach, expect, test, vi } from 'vitest';
import { fencingToken, never, operationId, otherOperationId, restorePointId, where } from '../testing/samples.js';
import { findDisturbances } from './disturbances.js';

const key = { namespace: 'shop', name: 'orders' };
const uid = 'u-1';
const frozenPod = PodUid.parse(deterministicUuid('frozen'));
let cluster: FakeCluster;

beforeEach(() => {
  cluster = new FakeCluster();
  cluster.workloads.ReplicaSet.put({ metadata: { ...key, uid, generation: 5 }, spec: { replicas: 0 } } as never);
});

const cold = { workload: { kind: 'ReplicaSet' as const, name: 'orders', uid, generation: 5 } };
const bare = { workload: { kind: 'Pod' as const, name: 'orders', uid } };
const frozen = { podUids: [frozenPod] };

function find(more: object, signal = never) {
  const data = { restorePointId, fencingToken, ...where, claimUid: 'c-1', readyDeadlineSeconds: 9 };
  const command = SnapshotTake.data.parse({ ...data, volumeSnapshotClassName: 'c' });
  const quiet = Quiet.parse({ operationId, ...more });
  return findDisturbances(cluster, { ...command, quiet }, Deadline.inSeconds(9), signal);
}

interface PodDraft {
  readonly phase?: string;
  readonly claimName?: string;
  readonly owner?: string;
  readonly node?: string | undefined;
  readonly metadata?: object;
}

function putPod(name: string, { phase = 'Running', claimName = 'orders', owner, metadata, ...more }: PodDraft = {}) {
  const { node: nodeName } = { node: 'edge-1', ...more };
  const ownerReferences =
    owner === undefined ? [] : [{ apiVersion: 'v1', kind: 'ReplicaSet', name: 'orders', uid: owner, controller: true }];
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName } }];
  const draft = { metadata: { name, namespace: 'shop', ownerReferences, ...metadata }, status: { phase } };
  return cluster.pods.put({ ...draft, spec: { nodeName, volumes } } as never).metadata.uid;
}

const about = (name: string) => [expect.stringContaining(`Pod ${name}`) as string];

test.each([
  ['a workload that is away', cold],
  ['a bare Pod that is away', bare],
  ['frozen Pods', frozen],
])('with %s and nobody else the claim was quiet', async (_what, quiet) => {
  putPod('frozen', { metadata: { uid: frozenPod }, claimName: 'podUids' in quiet ? 'orders' : 'other' });
  putPod('of-another-claim', { claimName: 'invoices' });
  putPod('waits-for-a-node', { phase: 'Pending', node: undefined });
  expect(await find(quiet)).toEqual([]);
});

test.each([
  ['runs', { phase: 'Running' }],
  ['starts', { phase: 'Pending' }],
  ['has ended since', { phase: 'Succeeded' }],
  ['is being deleted', { metadata: { deletionTimestamp: 'now', finalizers: ['x'] } }],
  ['is of the workload itself', { owner: uid }],
])('a Pod that uses the claim and %s is told at every level', async (_what, draft) => {
  putPod('stranger', draft);
  for (const quiet of [cold, bare, frozen]) expect(await find(quiet)).toEqual(about('stranger'));
});

test('a Pod that had ended before is none, also while it is being deleted', async () => {
  const metadata = { deletionTimestamp: 'now', finalizers: ['x'] };
  const ended = [putPod('old', { phase: 'Succeeded' }), putPod('going', { phase: 'Failed', metadata })];
  expect(await find({ ...cold, endedPodUids: ended })).toEqual([]);
});

test('the Pods that the dead-man timer has brought back are left to its own proof, those of others are not', async () => {
  cluster.workloads.ReplicaSet.change(key, {
    metadata: { annotations: { 'snapfleet.io/fencing-token': String(fencingToken) } },
    spec: { replicas: 1 },
  });
  putPod('own', { owner: uid });
  expect(await find(cold)).toEqual([]);
  putPod('stranger');
  expect(await find(cold)).toEqual(about('stranger'));
});

test('so is a bare Pod, where it was for this operation', async () => {
  putPod('orders', { metadata: { annotations: { 'snapfleet.io/recreated-by': operationId } } });
  expect(await find(bare)).toEqual([]);
  putPod('orders', { metadata: { annotations: { 'snapfleet.io/recreated-by': otherOperationId } } });
  expect(await find(bare)).toEqual(about('orders'));
});

test('a workload that somebody scaled up and down again is told although no Pod is left', async () => {
  cluster.workloads.ReplicaSet.change(key, { spec: { replicas: 1 } });
  cluster.workloads.ReplicaSet.change(key, { spec: { replicas: 0 } });
  expect(await find(cold)).toEqual([expect.stringContaining('ReplicaSet orders was changed by somebody else')]);
});

test('what cannot be looked at is told as not known, and a take that is ended is ended', async () => {
  vi.spyOn(cluster.pods, 'waitForAll').mockRejectedValue(new KubernetesApiError(403, 'Forbidden', 'no'));
  expect(await find(cold)).toEqual([expect.stringContaining('it is not known who used orders')]);
  const ended = new Error('ended');
  await expect(find(cold, AbortSignal.abort(ended))).rejects.toBe(ended);
});

test('more than can be told is cut off', async () => {
  for (let index = 0; index < 20; index += 1) putPod(`stranger-${String(index)}`);
  const found = await find({ ...frozen, endedPodUids: [ObjectUid.parse('any')] });
  const { reply } = SnapshotTake;
  expect(found).toHaveLength(16);
  expect(reply.shape.disturbances.parse(found)).toEqual(found);
});
