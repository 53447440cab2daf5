import { ObjectName, ObjectUid, SavedWorkload } from '@snapfleet/contracts';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { ResumeWorkload } from '@snapfleet/workloads';
import { beforeEach, expect, test, vi } from 'vitest';
import { ResumeWorkloadUseCase } from '../workload-resume/resume-workload.use-case.js';
import { FakeGuard } from '../testing/fake-guard.js';
import {
  fencingToken,
  laterFencingToken,
  never,
  now,
  operationId,
  otherOperationId,
  where,
} from '../testing/samples.js';
import { QuiesceWorkloadUseCase } from './quiesce-workload.use-case.js';

const key = { namespace: 'shop', name: 'orders' };
let cluster: FakeCluster;
let guard: FakeGuard;
let workload: SavedWorkload;
const maximumDowntimeSeconds = 900;
const dueAt = '2026-11-23T12:15:00.000Z';
const marked = JSON.stringify({ operationId, fencingToken, replicas: 2, maximumDowntimeSeconds, dueAt });
const mark = `"snapfleet.io/quiesced":${JSON.stringify(marked)}`;
const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'orders' } }];

beforeEach(() => {
  cluster = new FakeCluster();
  guard = new FakeGuard(cluster.writes);
  const found = cluster.workloads.Deployment.put({
    metadata: { ...key, generation: 1 },
    spec: { replicas: 2 },
    status: { replicas: 2 },
  } as never);
  workload = SavedWorkload.parse({ kind: 'Deployment', name: 'orders', uid: found.metadata.uid, replicas: 2 });
  cluster.pods.put({
    metadata: { name: 'orders-1', namespace: 'shop' },
    spec: { volumes },
    status: { phase: 'Running' },
  } as never);
  cluster.controllers.push(() => {
    const current = cluster.workloads.Deployment.objects.get('shop/orders');
    if (current?.spec.replicas !== 0) return;
    cluster.workloads.Deployment.change(key, { status: { replicas: 0 } });
    cluster.pods.objects.delete('shop/orders-1');
  });
});

const command = (operation = operationId, token = fencingToken) => {
  const otherClaims: (typeof where.persistentVolumeClaim)[] = [];
  const about = { operationId: operation, fencingToken: token, ...where, otherClaims, workload };
  return { ...about, deadlineSeconds: 10, maximumDowntimeSeconds };
};
const quiesce = (operation = operationId, token = fencingToken) =>
  new QuiesceWorkloadUseCase(cluster, guard, now).run(command(operation, token), never);
const resume = (operation = operationId, token = fencingToken) =>
  new ResumeWorkloadUseCase(new ResumeWorkload(cluster, now), guard).run(command(operation, token), never);
const timerKey = () => ({ operationId, workloadUid: workload.uid });

test('the timer is armed, then the mark is written, then the workload is scaled', async () => {
  // Mark and scale have each made another generation.
  const told = { quiescedAt: '2026-11-23T12:00:00.000Z', generation: 3, endedPodUids: [] };
  await expect(quiesce()).resolves.toEqual(told);
  expect(cluster.writes).toEqual([
    'arm',
    `patch Deployment orders {"metadata":{"annotations":{${mark}}}}`,
    'scale Deployment orders 0',
  ]);
});

test('Pods that name a claim and had ended by then are told, also those of the other claims of a group', async () => {
  const put = (name: string, claimName: string, phase: string) =>
    cluster.pods.put({
      metadata: { name, namespace: 'shop' },
      spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }] },
      status: { phase },
    } as never).metadata.uid;
  const ended = [put('job-1', 'orders', 'Succeeded'), put('job-2', 'invoices', 'Failed')];
  put('job-3', 'elsewhere', 'Succeeded');
  const ofGroup = { ...command(), otherClaims: [ObjectName.parse('invoices')] };
  const reply = await new QuiesceWorkloadUseCase(cluster, guard, now).run(ofGroup, never);
  expect(reply.endedPodUids).toEqual(ended);
});

test('quiescing again changes nothing', async () => {
  await quiesce();
  cluster.writes.length = 0;
  await quiesce();
  expect(cluster.writes).toEqual([]);
});

test('after a crash between mark and scale it goes on with the scale', async () => {
  cluster.workloads.Deployment.change(key, {
    metadata: { annotations: { 'snapfleet.io/quiesced': JSON.stringify({ operationId, replicas: 2 }) } },
  });
  await quiesce();
  expect(cluster.writes).toEqual(['arm', 'scale Deployment orders 0']);
});

test('what was quiesced is resumed exactly, and resuming again changes nothing', async () => {
  await quiesce();
  await expect(resume()).resolves.toEqual({ replicas: 2, resumedAt: '2026-11-23T12:00:00.000Z' });
  cluster.writes.length = 0;
  await expect(resume()).resolves.toEqual({ replicas: 2, resumedAt: '2026-11-23T12:00:00.000Z' });
  expect(cluster.writes).toEqual([]);
});

test('a workload that another operation holds is refused', async () => {
  await quiesce();
  await expect(quiesce(otherOperationId)).rejects.toMatchObject({ code: 'workload_conflict' });
});

test('a workload that was made again is refused', async () => {
  cluster.workloads.Deployment.objects.clear();
  cluster.workloads.Deployment.put({ metadata: { ...key }, spec: { replicas: 2 } } as never);
  await expect(quiesce()).rejects.toMatchObject({ code: 'workload_conflict' });
  cluster.workloads.Deployment.objects.clear();
  await expect(quiesce()).rejects.toMatchObject({ code: 'workload_not_found' });
  expect(cluster.writes).toEqual(['arm']);
});

test('no workload is touched while the guard does not answer', async () => {
  guard.silences = 1;
  await expect(quiesce()).rejects.toMatchObject({ code: 'guard_unavailable', retryable: true });
  expect(cluster.writes).toEqual([]);
});

test('the time that the policy gives is the time of the timer', async () => {
  await quiesce();
  expect(guard.orders.get(operationId)).toEqual({ fencingToken, namespace: 'shop', workload, maximumDowntimeSeconds });
});

test('a Pod that does not end is named with its state', async () => {
  cluster.pods.put({
    metadata: { name: 'intruder', namespace: 'shop', finalizers: ['example.com/hold'] },
    spec: { volumes },
    status: { phase: 'Running' },
  } as never);
  await expect(quiesce()).rejects.toMatchObject({
    code: 'workload_not_gone',
    message: expect.stringMatching(/Pod intruder \(Running; finalizers example\.com\/hold\)/) as string,
  });
});

test('a completed Pod that still exists does not hold the volume, one that is being deleted does', async () => {
  const ended = { metadata: { name: 'job', namespace: 'shop' }, spec: { volumes }, status: { phase: 'Succeeded' } };
  cluster.pods.put(ended);
  await quiesce();
  cluster.pods.put({ ...ended, metadata: { ...ended.metadata, deletionTimestamp: '2026-11-23T12:00:00Z' } });
  await expect(quiesce()).rejects.toMatchObject({ code: 'workload_not_gone' });
});

test('an outside scale while it is being quiesced ends the waiting at once', async () => {
  cluster.controllers.unshift(() => cluster.workloads.Deployment.change(key, { spec: { replicas: 5 } }));
  await expect(quiesce()).rejects.toMatchObject({ code: 'workload_conflict' });
});

test('a quiesce that comes after the resume of its operation is refused, and the workload stays', async () => {
  await quiesce();
  await resume();
  cluster.writes.length = 0;
  await expect(quiesce()).rejects.toMatchObject({ code: 'operation_superseded', retryable: false });
  expect(cluster.writes).toEqual([]);
});

test('the note on the workload refuses it too, where the guard has lost its file', async () => {
  await quiesce();
  await resume();
  guard = new FakeGuard(cluster.writes);
  await expect(quiesce()).rejects.toMatchObject({ code: 'operation_superseded' });
  expect(cluster.workloads.Deployment.objects.get('shop/orders')?.spec.replicas).toBe(2);
});

test('a quiesce that comes after any number of later operations is refused by the number that the last has left', async () => {
  await quiesce(otherOperationId, laterFencingToken);
  await resume(otherOperationId, laterFencingToken);
  cluster.writes.length = 0;
  await expect(quiesce()).rejects.toMatchObject({ code: 'operation_superseded' });
  expect(cluster.writes).toEqual(['arm']);
});

test('a resume that comes late does not make way for what a later one has refused', async () => {
  await quiesce(otherOperationId, laterFencingToken);
  await resume(otherOperationId, laterFencingToken);
  await resume();
  const found = cluster.workloads.Deployment.objects.get('shop/orders');
  expect(found?.metadata.annotations).toEqual({ 'snapfleet.io/fencing-token': String(laterFencingToken) });
});

test('a number that nobody can have given, or none, fences nothing', async () => {
  for (const value of ['9007199254740992', '1e3', '-1', '0x10', 'x']) {
    const annotations = { 'snapfleet.io/fencing-token': value };
    cluster.workloads.Deployment.change(key, { metadata: { annotations } });
    await quiesce();
    await resume();
    guard = new FakeGuard(cluster.writes);
  }
  const found = cluster.workloads.Deployment.objects.get('shop/orders');
  expect(found?.metadata.annotations).toEqual({ 'snapfleet.io/fencing-token': String(fencingToken) });
});

test('a quiesce that waits when the guard brings the workload back is superseded', async () => {
  cluster.controllers.unshift(() => {
    const annotations = { 'snapfleet.io/fencing-token': String(fencingToken) };
    cluster.workloads.Deployment.change(key, { metadata: { annotations }, spec: { replicas: 2 } });
  });
  await expect(quiesce()).rejects.toMatchObject({ code: 'operation_superseded' });
});

test('the timer is ended after the workload is back', async () => {
  await quiesce();
  cluster.writes.length = 0;
  await resume();
  expect(cluster.writes.at(-1)).toBe('disarm');
  expect(cluster.writes).toContain('scale Deployment orders 2');
});

test('where the guard was faster, its outcome is told and nothing is done again', async () => {
  await quiesce();
  const uid = ObjectUid.parse('s-1');
  const { at } = guard.bringsBack(timerKey(), [uid]);
  cluster.writes.length = 0;
  await expect(resume()).resolves.toEqual({
    resumedAt: at,
    broughtBack: { by: 'dead-man-timer', at, readySnapshots: [uid] },
  });
  expect(cluster.writes).toEqual([]);
});

test('how long it was away is what the guard has counted, whichever of them was faster', async () => {
  guard.downtimeMs = 4_321;
  await quiesce();
  await expect(resume()).resolves.toMatchObject({ downtimeMs: 4_321 });
  guard.ended.clear();
  guard.bringsBack(timerKey(), []);
  await expect(resume()).resolves.toMatchObject({ downtimeMs: 4_321, broughtBack: { by: 'dead-man-timer' } });
});

test('a guard that fires while its workload is being resumed is told too', async () => {
  await quiesce();
  guard.bringsBack(timerKey(), []);
  guard.silences = 1;
  await expect(resume()).resolves.toMatchObject({ replicas: 2, broughtBack: { readySnapshots: [] } });
});

test('a guard that is away does not keep the workload down, and what it did is told as unproven', async () => {
  await quiesce();
  guard.silences = 2;
  const reply = await resume();
  expect(reply).toMatchObject({ replicas: 2, unproven: expect.stringContaining('no answer') as string });
  expect(reply.broughtBack).toBeUndefined();
});

test('a resume that overtakes its quiesce leaves a note that the quiesce finds', async () => {
  await expect(resume()).resolves.toMatchObject({ replicas: 2 });
  await expect(quiesce()).rejects.toMatchObject({ code: 'operation_superseded' });
  expect(cluster.workloads.Deployment.objects.get('shop/orders')?.spec.replicas).toBe(2);
});

test('a quiesce that has read the workload before the resume cannot write after it', async () => {
  const api = cluster.workloads.Deployment;
  const before = api.objects.get('shop/orders');
  await resume();
  vi.spyOn(api, 'get').mockResolvedValueOnce(before);
  await expect(quiesce()).rejects.toMatchObject({ code: 'operation_superseded' });
  expect(api.objects.get('shop/orders')?.spec.replicas).toBe(2);
});

test('the next operation can quiesce a workload that others have resumed', async () => {
  await resume();
  await expect(quiesce(otherOperationId, laterFencingToken)).resolves.toBeDefined();
});

test('of a group it waits until nobody uses any of its claims', async () => {
  const volumesOfOther = [{ name: 'data', persistentVolumeClaim: { claimName: 'invoices' } }];
  cluster.pods.put({
    metadata: { name: 'invoices-1', namespace: 'shop' },
    spec: { volumes: volumesOfOther },
    status: { phase: 'Running' },
  } as never);
  const wish = { ...command(), otherClaims: [ObjectName.parse('invoices')], deadlineSeconds: 1 };
  await expect(new QuiesceWorkloadUseCase(cluster, guard, now).run(wish, never)).rejects.toMatchObject({
    code: 'workload_not_gone',
    message: expect.stringContaining('invoices was still used') as string,
  });
});

test('a guard that has lost its file proves nothing', async () => {
  await quiesce();
  guard = new FakeGuard(cluster.writes);
  await expect(resume()).resolves.toMatchObject({ replicas: 2, unproven: expect.any(String) as string });
});
