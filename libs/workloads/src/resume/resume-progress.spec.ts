import { SavedWorkload } from '@snapfleet/contracts';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { beforeEach, expect, test } from 'vitest';
import type { QuiescedWorkload } from '../saved/quiesced-workload.js';
import { fencingToken, namespace, never, now, operationId, otherOperationId } from '../testing/samples.js';
import { ResumeWorkload } from './resume-workload.js';
import { resumeProgress } from './resume-progress.js';

const key = { namespace: 'shop', name: 'orders' };
const noted = { 'snapfleet.io/fencing-token': String(fencingToken) };
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
  quiesced = { operationId, fencingToken, namespace, workload };
});

const progress = () => resumeProgress(cluster, quiesced, never);

test('a workload with the note is being put back, and is back when it no longer has the mark', async () => {
  expect(await progress()).toBe('none');
  cluster.workloads.Deployment.change(key, { metadata: { annotations: noted } });
  expect(await progress()).toBe('begun');
  await new ResumeWorkload(cluster, now).run(quiesced, never);
  expect(await progress()).toBe('done');
});

test('the mark of a later operation does not hide that this one has resumed', async () => {
  await new ResumeWorkload(cluster, now).run(quiesced, never);
  cluster.workloads.Deployment.change(key, { metadata: { annotations: mark(otherOperationId) } });
  expect(await progress()).toBe('done');
});

test('a workload that is gone, or made again, has no trace of it', async () => {
  cluster.workloads.Deployment.objects.clear();
  expect(await progress()).toBe('none');
  cluster.workloads.Deployment.put({ metadata: { ...key, annotations: noted }, spec: { replicas: 2 } } as never);
  expect(await progress()).toBe('none');
});
