import {
  deterministicUuid,
  FencingToken,
  Namespace,
  ObjectUid,
  OperationId,
  SavedWorkload,
} from '@snapfleet/contracts';
import type { FakeCluster } from '@snapfleet/kubernetes/testing';
import { HeldWorkload, type QuiescedWorkload, type TimerKey, type TimerOrder } from '@snapfleet/workloads';
import type { Guarded } from '../timers/timer.js';

/** Values that the unit tests share. */
export const operationId = OperationId.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87');
export const otherOperationId = OperationId.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a88');
export const fencingToken = FencingToken.parse(7);
export const laterFencingToken = FencingToken.parse(8);
export const namespace = Namespace.parse('shop');
export const never: AbortSignal = new AbortController().signal;
export const year = 365 * 86_400_000;
export const replicas = 3;

const unlock = { command: ['unlock'] };
const podSpec = { containers: [{ name: 'base', image: 'busybox' }] };

/** A workload of three replicas that operation `operation` has scaled to 0, as cluster-operator leaves it. */
export function quiescedDeployment(cluster: FakeCluster, mark: object = {}, operation = operationId): QuiescedWorkload {
  const token = operation === operationId ? fencingToken : laterFencingToken;
  const quiesced = JSON.stringify({ operationId: operation, fencingToken: token, replicas, ...mark });
  const found = cluster.workloads.Deployment.put({
    metadata: { name: 'orders', namespace, annotations: { 'snapfleet.io/quiesced': quiesced } },
    spec: { replicas: 0 },
  } as never);
  const workload = SavedWorkload.parse({ kind: 'Deployment', name: 'orders', uid: found.metadata.uid, replicas });
  return { operationId: operation, fencingToken: token, namespace, workload };
}

/** A bare Pod that was deleted. */
export function quiescedPod(): QuiescedWorkload {
  const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'base', namespace }, spec: podSpec };
  const workload = SavedWorkload.parse({ kind: 'Pod', name: 'base', uid: 'u-1', manifest });
  return { operationId, fencingToken, namespace, workload };
}

/** Two Pods that hooks of operation `operation` hold, and what lets them go on. */
export function heldPods(cluster: FakeCluster, operation = operationId, after: readonly object[] = [unlock]): Guarded {
  const pods = ['orders-1', 'orders-2'].map((name) => ({ name, uid: deterministicUuid(name) }));
  for (const { name, uid } of pods) {
    const containerStatuses = [{ name: 'app', containerID: 'fake://app-1', state: { running: {} } }];
    if (cluster.pods.objects.has(`${namespace}/${name}`)) continue;
    cluster.pods.put({
      metadata: { name, namespace, uid },
      spec: { nodeName: 'device', containers: [{ name: 'app' }] },
      status: { phase: 'Running', containerStatuses },
    } as never);
  }
  const about = { level: 'hooks', kind: 'Deployment', name: 'orders', uid: pods[0]?.uid };
  const workload = HeldWorkload.parse({ ...about, pods, after });
  const token = operation === operationId ? fencingToken : laterFencingToken;
  return { operationId: operation, fencingToken: token, namespace, workload };
}

/** A VolumeSnapshot that is ready, or not yet. */
export function putSnapshot(cluster: FakeCluster, name: string, readyToUse = true): ObjectUid {
  const made = cluster.snapshots.put({
    metadata: { name, namespace },
    spec: { source: {} },
    status: { readyToUse, boundVolumeSnapshotContentName: `content-${name}` },
  } as never);
  return ObjectUid.parse(made.metadata.uid);
}

export const keyOf = ({ operationId: operation, workload }: Guarded): TimerKey => ({
  operationId: operation,
  workloadUid: workload.uid,
});

export const orderOf = (guarded: Guarded, maximumDowntimeSeconds = 900): TimerOrder => ({
  fencingToken: guarded.fencingToken,
  namespace: guarded.namespace,
  workload: guarded.workload,
  maximumDowntimeSeconds,
});
