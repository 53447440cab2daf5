import { KubernetesApiError } from '@snapfleet/kubernetes';
import { ResumeWorkload } from '@snapfleet/workloads';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { clock, cluster, guard, minute, prepareGuard, removeGuard } from '../testing/guard-under-test.js';
import {
  keyOf,
  never,
  orderOf,
  laterFencingToken,
  otherOperationId,
  quiescedDeployment,
  quiescedPod,
  replicas,
} from '../testing/samples.js';
import { AdoptMarkedUseCase } from './adopt-marked.use-case.js';
import { DisarmResumedUseCase } from './disarm-resumed.use-case.js';
import { Rounds } from './rounds.js';

let rounds: Rounds;
const deployment = () => cluster.workloads.Deployment.objects.get('shop/orders');
let reports: string[];
const report = (_level: string, event: string) => void reports.push(event);

beforeEach(() => {
  prepareGuard();
  reports = [];
  rounds = new Rounds(
    new AdoptMarkedUseCase(guard.timers, cluster, clock, report),
    new DisarmResumedUseCase(guard.timers, cluster, report),
    {
      clock,
      everyMs: 5 * minute,
      onAdopted: () => {
        guard.watch.notify();
      },
      report,
    },
  );
});

afterEach(async () => {
  await rounds.stop();
  await removeGuard();
});

test('a workload whose timer was lost comes back at the time on its mark', async () => {
  const dueAt = new Date(clock.now().getTime() + 10 * minute).toISOString();
  quiescedDeployment(cluster, { maximumDowntimeSeconds: 900, dueAt });
  rounds.start();
  await clock.advance(10 * minute - 1);
  expect(deployment()?.spec.replicas).toBe(0);
  await clock.advance(1);
  expect(deployment()?.spec.replicas).toBe(replicas);
});

test.each([
  ['that is past', { maximumDowntimeSeconds: 900, dueAt: '2020-01-01T00:00:00Z' }, 1],
  ['by a clock that is wrong', { maximumDowntimeSeconds: 900, dueAt: '2099-01-01T00:00:00Z' }, 15 * minute],
  ['that a former version did not write', {}, 15 * minute],
])('a time on the mark %s is no reason to wait longer than the maximum', async (_what, mark, wantedMs) => {
  quiescedDeployment(cluster, mark);
  rounds.start();
  await clock.advance(wantedMs - 1);
  expect(deployment()?.spec.replicas).toBe(wantedMs === 1 ? replicas : 0);
  await clock.advance(1);
  expect(deployment()?.spec.replicas).toBe(replicas);
});

test('a workload that has its timer keeps it', async () => {
  const quiesced = quiescedDeployment(cluster, { dueAt: '2020-01-01T00:00:00Z', maximumDowntimeSeconds: 900 });
  guard.timers.arm(keyOf(quiesced), orderOf(quiesced));
  rounds.start();
  await clock.advance(14 * minute);
  expect(deployment()?.spec.replicas).toBe(0);
});

test('a mark that a Deployment handed on to its ReplicaSet is not taken for one', async () => {
  const quiesced = quiescedDeployment(cluster);
  const annotations = deployment()?.metadata.annotations;
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'orders', uid: 'd-1', controller: true };
  cluster.workloads.Deployment.objects.clear();
  cluster.workloads.ReplicaSet.put({
    metadata: { name: 'orders-1', namespace: 'shop', annotations, ownerReferences: [owner] },
    spec: { replicas: 0 },
  } as never);
  rounds.start();
  await clock.advance(60 * minute);
  expect(cluster.writes).toEqual([]);
  expect(guard.timers.find(keyOf(quiesced))).toBeUndefined();
});

test('a workload that came back, and is away again because the API server lost its last writes, comes back at once', async () => {
  const quiesced = quiescedDeployment(cluster, { maximumDowntimeSeconds: 900 });
  guard.timers.arm(keyOf(quiesced), orderOf(quiesced));
  guard.timers.disarm(keyOf(quiesced));
  rounds.start();
  await clock.advance(0);
  expect(deployment()?.spec.replicas).toBe(replicas);
});

test('a list that is older than the end of the operation takes nothing on', async () => {
  const quiesced = quiescedDeployment(cluster);
  guard.timers.arm(keyOf(quiesced), orderOf(quiesced));
  const api = cluster.workloads.Deployment;
  const list = await api.list({});
  vi.spyOn(api, 'list').mockImplementationOnce(async () => {
    await new ResumeWorkload(cluster, () => clock.now()).run(quiesced, never);
    guard.timers.disarm(keyOf(quiesced));
    cluster.writes.length = 0;
    return list;
  });
  rounds.start();
  await clock.advance(60 * minute);
  expect(reports).toEqual([]);
  expect(cluster.writes).toEqual([]);
  expect(guard.timers.find(keyOf(quiesced))).toMatchObject({ state: 'disarmed' });
});

test('an API server that is not there yet is waited for', async () => {
  quiescedDeployment(cluster, { maximumDowntimeSeconds: 900, dueAt: '2020-01-01T00:00:00Z' });
  const silence = vi.spyOn(cluster.workloads.Deployment, 'list');
  silence.mockRejectedValue(new KubernetesApiError(0, 'Silence', 'no answer'));
  rounds.start();
  await clock.advance(2 * minute);
  expect(deployment()?.spec.replicas).toBe(0);
  silence.mockRestore();
  await clock.advance(5_000);
  expect(deployment()?.spec.replicas).toBe(replicas);
});

test('a bare Pod that was put back, and deleted later, is not made again because the guard had missed the end', async () => {
  const quiesced = quiescedPod();
  guard.timers.arm(keyOf(quiesced), orderOf(quiesced));
  await new ResumeWorkload(cluster, () => clock.now()).run(quiesced, never);
  rounds.start();
  await clock.advance(0);
  cluster.pods.objects.clear();
  await clock.advance(60 * minute);
  expect(cluster.pods.objects.size).toBe(0);
});

test('the mark of another operation needs a timer of its own', async () => {
  const former = quiescedDeployment(cluster, {});
  guard.timers.arm(keyOf(former), orderOf(former));
  guard.timers.disarm(keyOf(former));
  quiescedDeployment(cluster, { maximumDowntimeSeconds: 60 }, otherOperationId);
  rounds.start();
  await clock.advance(minute);
  expect(deployment()?.metadata.annotations).toEqual({ 'snapfleet.io/fencing-token': String(laterFencingToken) });
});
