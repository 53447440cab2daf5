import { SavedWorkload } from '@snapfleet/contracts';
import { KubernetesApiError } from '@snapfleet/kubernetes';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { beforeEach, expect, test, vi } from 'vitest';
import type { QuiescedWorkload } from '../saved/quiesced-workload.js';
import { fencingToken, namespace, never, now, operationId, otherOperationId } from '../testing/samples.js';
import { ResumeWorkload } from './resume-workload.js';
import { resumeProgress } from './resume-progress.js';

const key = { namespace: 'shop', name: 'base' };
const spec = { containers: [], volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'orders' } }] };
const resumedAt = '2026-11-23T12:00:00.000Z';
let cluster: FakeCluster;
let quiesced: QuiescedWorkload;
const resume = () => new ResumeWorkload(cluster, now).run(quiesced, never);
const progress = () => resumeProgress(cluster, quiesced, never);
const deletePod = () => cluster.pods.remove(key, quiesced.workload.uid);

beforeEach(() => {
  cluster = new FakeCluster();
  const pod = cluster.pods.put({ metadata: { ...key }, spec, status: { phase: 'Running' } } as never);
  const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { ...key, labels: { a: 'b' } }, spec };
  const workload = SavedWorkload.parse({ kind: 'Pod', name: 'base', uid: pod.metadata.uid, manifest });
  quiesced = { operationId, fencingToken, namespace, workload };
});

test('a deleted Pod is made again from its manifest, with a note of who did it', async () => {
  await deletePod();
  expect(await progress()).toBe('none');
  await expect(resume()).resolves.toEqual({ resumedAt });
  expect(cluster.pods.objects.get('shop/base')).toMatchObject({
    metadata: { labels: { a: 'b' }, annotations: { 'snapfleet.io/recreated-by': operationId } },
    spec,
  });
  expect(await progress()).toBe('done');
});

test('resuming again leaves the Pod that was made', async () => {
  await deletePod();
  await resume();
  cluster.writes.length = 0;
  await expect(resume()).resolves.toEqual({ resumedAt });
  expect(cluster.writes).toEqual([]);
});

test('a Pod that was never deleted stays, with a note for a quiesce that comes late', async () => {
  expect(await progress()).toBe('none');
  await expect(resume()).resolves.toEqual({ resumedAt });
  expect(cluster.writes).toEqual([
    `patch Pod base {"metadata":{"annotations":{"snapfleet.io/fencing-token":"${String(fencingToken)}"}}}`,
  ]);
  expect(await progress()).toBe('done');
});

test('a Pod that somebody else made meanwhile is left and told', async () => {
  await deletePod();
  const annotations = { 'snapfleet.io/recreated-by': otherOperationId };
  cluster.pods.put({ metadata: { ...key, annotations }, spec } as never);
  expect(await progress()).toBe('none');
  await expect(resume()).resolves.toMatchObject({ conflict: expect.stringContaining('another Pod') as string });
});

test('a deletion that is still under way is awaited before the Pod is made again', async () => {
  cluster.pods.change(key, { metadata: { finalizers: ['hold'], deletionTimestamp: 'now' } });
  await expect(resume()).rejects.toMatchObject({ code: 'workload_not_gone' });
  cluster.controllers.push(() => cluster.pods.change(key, { metadata: { finalizers: [] } }));
  await expect(resume()).resolves.toEqual({ resumedAt });
  expect(cluster.writes).toEqual(['create Pod base']);
});

test('a Pod whose namespace is gone is told and not tried for ever', async () => {
  await deletePod();
  const gone = new KubernetesApiError(404, 'NotFound', 'namespaces "shop" not found');
  vi.spyOn(cluster.pods, 'create').mockRejectedValueOnce(gone);
  await expect(resume()).resolves.toMatchObject({ conflict: 'namespace shop was deleted meanwhile' });
});
