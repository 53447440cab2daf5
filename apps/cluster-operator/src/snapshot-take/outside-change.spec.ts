import type { ScalableKind } from '@snapfleet/kubernetes';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { ResumeWorkload } from '@snapfleet/workloads';
import { ObjectUid, SavedWorkload } from '@snapfleet/contracts';
import { describe, expect, test } from 'vitest';
import { FakeGuard } from '../testing/fake-guard.js';
import { fencingToken, never, now, operationId, where } from '../testing/samples.js';
import { QuiesceWorkloadUseCase } from '../workload-quiesce/quiesce-workload.use-case.js';
import { outsideChange } from './outside-change.js';

const key = { namespace: 'shop', name: 'orders' };
const uid = ObjectUid.parse('u-1');
const kinds: readonly Exclude<SavedWorkload['kind'], 'Pod'>[] = [
  'Deployment',
  'StatefulSet',
  'ReplicaSet',
  'ReplicationController',
];

async function quiesced(kind: ScalableKind) {
  const cluster = new FakeCluster();
  const api = cluster.workloads[kind];
  api.put({ metadata: { ...key, uid, generation: 4 }, spec: { replicas: 2 } } as never);
  const workload = SavedWorkload.parse({ kind, name: 'orders', uid, replicas: 2 });
  const about = { operationId, fencingToken, ...where, otherClaims: [], workload };
  const { generation } = await new QuiesceWorkloadUseCase(cluster, new FakeGuard(cluster.writes), now).run(
    { ...about, deadlineSeconds: 9, maximumDowntimeSeconds: 900 },
    never,
  );
  const scale = async (replicas: number): Promise<void> => {
    const found = await api.get(key);
    if (found !== undefined) await api.scale(found, replicas);
  };
  const left = { name: 'orders', uid, generation, operationId, fencingToken };
  const look = () => outsideChange(kind, api.objects.get('shop/orders'), left);
  return { cluster, api, about, left, scale, look };
}

describe.each(kinds)('a %s that was scaled to 0', (kind) => {
  test('and was left alone is unchanged', async () => {
    const { look } = await quiesced(kind);
    expect(look()).toEqual({ isBack: false });
  });

  test('and that somebody scaled up and down again is told by its generation', async () => {
    const { scale, look } = await quiesced(kind);
    await scale(1);
    await scale(0);
    const change = expect.stringContaining(`${kind} orders was changed by somebody else meanwhile`) as string;
    expect(look()).toEqual({ change, isBack: false });
  });

  test('is unchanged by each step of its return, and shows what was done before that', async () => {
    for (const disturbed of [false, true]) {
      const { cluster, api, about, scale, look } = await quiesced(kind);
      if (disturbed) {
        await scale(1);
        await scale(0);
      }
      const seen: boolean[] = [];
      const patch = api.patch.bind(api);
      const scaleOf = api.scale.bind(api);
      api.patch = async (...args) => {
        const done = await patch(...args);
        seen.push(look().change === undefined && look().isBack);
        return done;
      };
      api.scale = async (...args) => {
        await scaleOf(...args);
        seen.push(look().change === undefined && look().isBack);
      };
      await new ResumeWorkload(cluster, now).run(about, never);
      expect(seen).toEqual([!disturbed, !disturbed, !disturbed]);
    }
  });
});

test('a workload that is gone, or another one by now, is a change', async () => {
  const { api, look } = await quiesced('Deployment');
  api.change(key, { metadata: { uid: 'u-2' } });
  expect(look().change).toBe('Deployment orders was deleted meanwhile');
  api.objects.clear();
  expect(look().change).toBe('Deployment orders was deleted meanwhile');
});

test('without a generation nothing is known', async () => {
  const { api, left } = await quiesced('Deployment');
  const { change } = outsideChange('Deployment', api.objects.get('shop/orders'), { ...left, generation: undefined });
  expect(change).toContain('not known');
});
