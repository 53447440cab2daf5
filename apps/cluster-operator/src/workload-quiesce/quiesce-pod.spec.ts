import { SavedWorkload } from '@snapfleet/contracts';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { ResumeWorkload } from '@snapfleet/workloads';
import { beforeEach, expect, test } from 'vitest';
import { FakeGuard } from '../testing/fake-guard.js';
import { fencingToken, never, now, operationId, where } from '../testing/samples.js';
import { ResumeWorkloadUseCase } from '../workload-resume/resume-workload.use-case.js';
import { QuiesceWorkloadUseCase } from './quiesce-workload.use-case.js';

let cluster: FakeCluster;
let guard: FakeGuard;
let command: Parameters<QuiesceWorkloadUseCase['run']>[0];
const spec = { containers: [], volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'orders' } }] };
const resume = () => new ResumeWorkloadUseCase(new ResumeWorkload(cluster, now), guard).run(command, never);
const quiesce = () => new QuiesceWorkloadUseCase(cluster, guard, now).run(command, never);

beforeEach(() => {
  cluster = new FakeCluster();
  guard = new FakeGuard(cluster.writes);
  const metadata = { name: 'base', namespace: 'shop' };
  const pod = cluster.pods.put({ metadata, spec, status: { phase: 'Running' } } as never);
  const manifest = { apiVersion: 'v1', kind: 'Pod', metadata, spec };
  const workload = SavedWorkload.parse({ kind: 'Pod', name: 'base', uid: pod.metadata.uid, manifest });
  const limits = { deadlineSeconds: 10, maximumDowntimeSeconds: 900 };
  command = { operationId, fencingToken, ...where, otherClaims: [], workload, ...limits };
});

test('the guard has the manifest before the Pod is deleted', async () => {
  await quiesce();
  expect(cluster.writes).toEqual(['arm', 'delete Pod base']);
  expect(guard.orders.get(operationId)).toMatchObject({ workload: { kind: 'Pod', manifest: { spec } } });
});

test('a Pod is not deleted while the guard does not answer', async () => {
  guard.silences = 1;
  await expect(quiesce()).rejects.toMatchObject({ code: 'guard_unavailable' });
  expect(cluster.writes).toEqual([]);
});

test('a Pod that was never deleted is not deleted by a quiesce that comes late', async () => {
  await resume();
  guard = new FakeGuard(cluster.writes);
  await expect(quiesce()).rejects.toMatchObject({ code: 'operation_superseded' });
  expect(cluster.writes).not.toContain('delete Pod base');
});

test('a Pod that was made again is not deleted by a quiesce that comes late', async () => {
  await quiesce();
  await resume();
  cluster.writes.length = 0;
  await expect(quiesce()).rejects.toMatchObject({ code: 'operation_superseded' });
  guard = new FakeGuard(cluster.writes);
  await expect(quiesce()).rejects.toMatchObject({ code: 'workload_conflict' });
  expect(cluster.writes).toEqual(['arm']);
});

test('a Pod that the guard has made again, and somebody has deleted since, stays deleted', async () => {
  await quiesce();
  guard.bringsBack({ operationId, workloadUid: command.workload.uid }, []);
  cluster.writes.length = 0;
  await expect(resume()).resolves.toMatchObject({ broughtBack: { by: 'dead-man-timer' } });
  expect(cluster.writes).toEqual([]);
});
