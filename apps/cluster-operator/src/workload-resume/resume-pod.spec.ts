import { SavedWorkload } from '@snapfleet/contracts';
import { beforeEach, expect, test } from 'vitest';
import { FakeCluster } from '../testing/fake-cluster.js';
import { never, now, operationId, where } from '../testing/samples.js';
import { QuiesceWorkloadUseCase } from '../workload-quiesce/quiesce-workload.use-case.js';
import { ResumeWorkloadUseCase } from './resume-workload.use-case.js';

let cluster: FakeCluster;
let command: Parameters<QuiesceWorkloadUseCase['run']>[0];
const spec = { containers: [], volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'orders' } }] };
const resume = () => new ResumeWorkloadUseCase(cluster, now).run(command, never);
const quiesce = () => new QuiesceWorkloadUseCase(cluster, now).run(command, never);
const resumedAt = '2026-11-23T12:00:00.000Z';

beforeEach(() => {
  cluster = new FakeCluster();
  const pod = cluster.pods.put({
    metadata: { name: 'base', namespace: 'shop' },
    spec,
    status: { phase: 'Running' },
  } as never);
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'base', namespace: 'shop', labels: { a: 'b' } },
    spec,
  };
  const workload = SavedWorkload.parse({ kind: 'Pod', name: 'base', uid: pod.metadata.uid, manifest });
  command = { operationId, ...where, otherClaims: [], workload, deadlineSeconds: 10 };
});

test('a deleted Pod is made again from its manifest, with a note of who did it', async () => {
  await quiesce();
  expect(cluster.pods.objects.size).toBe(0);
  await expect(resume()).resolves.toEqual({ resumedAt });
  expect(cluster.pods.objects.get('shop/base')).toMatchObject({
    metadata: { labels: { a: 'b' }, annotations: { 'snapfleet.io/recreated-by': operationId } },
    spec,
  });
});

test('resuming again leaves the Pod that was made', async () => {
  await quiesce();
  await resume();
  cluster.writes.length = 0;
  await expect(resume()).resolves.toEqual({ resumedAt });
  expect(cluster.writes).toEqual([]);
});

test('a Pod that was never deleted stays, and a quiesce that comes late does not delete it', async () => {
  await expect(resume()).resolves.toEqual({ resumedAt });
  await expect(quiesce()).rejects.toMatchObject({ code: 'operation_superseded' });
  expect(cluster.writes).toEqual([
    `patch Pod base {"metadata":{"annotations":{"snapfleet.io/resumed":"${operationId}"}}}`,
  ]);
});

test('a Pod that was made again is not deleted by a quiesce that comes late', async () => {
  await quiesce();
  await resume();
  cluster.writes.length = 0;
  await expect(quiesce()).rejects.toMatchObject({ code: 'workload_conflict' });
  expect(cluster.writes).toEqual([]);
});

test('a Pod that somebody else made meanwhile is left and told', async () => {
  await quiesce();
  cluster.pods.put({ metadata: { name: 'base', namespace: 'shop' }, spec } as never);
  await expect(resume()).resolves.toMatchObject({ conflict: expect.stringContaining('another Pod') as string });
});

test('a deletion that is still under way is awaited before the Pod is made again', async () => {
  cluster.pods.change(
    { namespace: 'shop', name: 'base' },
    { metadata: { finalizers: ['hold'], deletionTimestamp: 'now' } },
  );
  await expect(resume()).rejects.toMatchObject({ code: 'workload_not_gone' });
  cluster.controllers.push(() =>
    cluster.pods.change({ namespace: 'shop', name: 'base' }, { metadata: { finalizers: [] } }),
  );
  await expect(resume()).resolves.toEqual({ resumedAt });
  expect(cluster.writes).toEqual(['create Pod base']);
});
