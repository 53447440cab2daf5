import { SavedWorkload } from '@snapfleet/contracts';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { beforeEach, expect, test } from 'vitest';
import type { QuiescedWorkload } from '../saved/quiesced-workload.js';
import { namespace, never, now, operationId, otherOperationId } from '../testing/samples.js';
import { ResumeWorkload } from './resume-workload.js';
import { wasResumed } from './was-resumed.js';

const key = { namespace: 'shop', name: 'orders' };
let cluster: FakeCluster;
let quiesced: QuiescedWorkload;
const mark = (operation: string) => ({
  'snapfleet.io/quiesced': JSON.stringify({ operationId: operation, replicas: 2 }),
});

beforeEach(() => {
  cluster = new FakeCluster();
  const found = cluster.workloads.Deployment.put({
    metadata: { ...key, annotations: mark(operationId) },
    spec: { replicas: 0 },
  } as never);
  const workload = SavedWorkload.parse({ kind: 'Deployment', name: 'orders', uid: found.metadata.uid, replicas: 2 });
  quiesced = { operationId, namespace, workload };
});

const isResumed = () => wasResumed(cluster, quiesced, never);

test('a workload was resumed when it has the note and no longer the mark', async () => {
  expect(await isResumed()).toBe(false);
  cluster.workloads.Deployment.change(key, { metadata: { annotations: { 'snapfleet.io/resumed': operationId } } });
  expect(await isResumed()).toBe(false);
  await new ResumeWorkload(cluster, now).run(quiesced, never);
  expect(await isResumed()).toBe(true);
});

test('the mark of a later operation does not hide that this one has resumed', async () => {
  await new ResumeWorkload(cluster, now).run(quiesced, never);
  cluster.workloads.Deployment.change(key, { metadata: { annotations: mark(otherOperationId) } });
  expect(await isResumed()).toBe(true);
});

test('a workload that is gone, or made again, has no trace of it', async () => {
  cluster.workloads.Deployment.objects.clear();
  expect(await isResumed()).toBe(false);
  const annotations = { 'snapfleet.io/resumed': operationId };
  cluster.workloads.Deployment.put({ metadata: { ...key, annotations }, spec: { replicas: 2 } } as never);
  expect(await isResumed()).toBe(false);
});
