import { KubernetesApiError, type Pod, type ResourceApi } from '@snapfleet/kubernetes';
import { ResumeWorkload, type QuiescedWorkload } from '@snapfleet/workloads';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clock, cluster, guard, minute, prepareGuard, removeGuard, startGuard } from '../testing/guard-under-test.js';
import {
  keyOf,
  never,
  fencingToken,
  operationId,
  orderOf,
  putSnapshot,
  quiescedDeployment,
  quiescedPod,
  replicas,
  year,
} from '../testing/samples.js';

const place = { namespace: 'shop', name: 'orders' };

const arm = (quiesced: QuiescedWorkload, seconds = 900) => {
  guard.timers.arm(keyOf(quiesced), orderOf(quiesced, seconds));
  guard.watch.notify();
  return keyOf(quiesced);
};
const deployment = () => cluster.workloads.Deployment.objects.get('shop/orders');
const isBack = () => deployment()?.spec.replicas === replicas;

beforeEach(prepareGuard);

afterEach(removeGuard);

describe('the dead-man timer', () => {
  test('brings the workload back when its time is over, and not before', async () => {
    const key = arm(quiescedDeployment(cluster));
    await clock.advance(15 * minute - 1);
    expect(isBack()).toBe(false);
    await clock.advance(1);
    expect(deployment()?.metadata.annotations).toEqual({ 'snapfleet.io/fencing-token': String(fencingToken) });
    expect(isBack()).toBe(true);
    expect(guard.timers.find(key)).toMatchObject({ state: 'brought-back', replicas, at: clock.now().toISOString() });
  });

  test('makes a bare Pod again', async () => {
    const key = arm(quiescedPod());
    await clock.advance(15 * minute);
    expect(cluster.pods.objects.get('shop/base')?.metadata.annotations).toEqual({
      'snapfleet.io/recreated-by': operationId,
    });
    expect(guard.timers.find(key)).toMatchObject({ state: 'brought-back' });
  });

  test('does nothing to a workload whose timer was ended', async () => {
    const key = arm(quiescedDeployment(cluster));
    await clock.advance(minute);
    expect(await guard.disarm.run(key)).toMatchObject({ state: 'disarmed', wasArmed: true });
    await clock.advance(60 * minute);
    expect(cluster.writes).toEqual([]);
  });

  test.each([year, -year])('fires neither early nor late when the clock jumps by %s ms', async (jump) => {
    arm(quiescedDeployment(cluster));
    await clock.advance(minute);
    clock.jump(jump);
    await clock.advance(14 * minute - 1);
    expect(isBack()).toBe(false);
    await clock.advance(1);
    expect(isBack()).toBe(true);
  });

  test.each([
    ['after what was left', 0, 9 * minute],
    ['at once where its time was over while the machine was off', 60 * minute, 1],
    ['after what was left, with a clock that begins years back', -10 * year, 9 * minute],
  ])('fires after a boot %s', async (_when, offMs, wantedMs) => {
    arm(quiescedDeployment(cluster));
    await clock.advance(6 * minute);
    await guard.stop();
    clock.reboot(offMs);
    startGuard();
    await clock.advance(wantedMs - 1);
    expect(isBack()).toBe(wantedMs === 1);
    await clock.advance(1);
    expect(isBack()).toBe(true);
  });

  test('a clock that jumps after a boot changes nothing any more', async () => {
    arm(quiescedDeployment(cluster));
    await guard.stop();
    clock.reboot(0);
    startGuard();
    await clock.advance(1);
    clock.jump(-year);
    await guard.stop();
    startGuard();
    await clock.advance(15 * minute);
    expect(isBack()).toBe(true);
  });

  test('fires at once when the guard was dead in the meantime', async () => {
    arm(quiescedDeployment(cluster));
    await guard.stop();
    await clock.advance(60 * minute);
    expect(isBack()).toBe(false);
    startGuard();
    await clock.advance(0);
    expect(isBack()).toBe(true);
  });

  test('is tried until the API server lets it', async () => {
    const api = cluster.workloads.Deployment;
    const silence = vi.spyOn(api, 'get').mockRejectedValue(new KubernetesApiError(0, 'Silence', 'no answer'));
    const key = arm(quiescedDeployment(cluster));
    await clock.advance(60 * minute);
    expect(guard.timers.find(key)).toMatchObject({ state: 'armed' });
    expect(guard.reports.filter((event) => event === 'timer.failed').length).toBeGreaterThan(50);
    silence.mockRestore();
    await clock.advance(minute);
    expect(isBack()).toBe(true);
  });

  test('is tried again a second after a failure', async () => {
    const failure = new KubernetesApiError(500, 'InternalError', 'etcd leader changed');
    vi.spyOn(cluster.workloads.Deployment, 'scale').mockRejectedValueOnce(failure);
    arm(quiescedDeployment(cluster));
    await clock.advance(15 * minute);
    expect(isBack()).toBe(false);
    await clock.advance(1_000);
    expect(isBack()).toBe(true);
  });

  test('is ended in the middle of an attempt when the workload was put back, and does nothing to it any more', async () => {
    const key = arm(quiescedPod());
    const pods: ResourceApi<Pod> = cluster.pods;
    const create = vi.spyOn(pods, 'create').mockImplementation(
      (_namespace, _manifest, { signal } = {}) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => {
            reject(new Error('aborted'));
          });
        }),
    );
    await clock.advance(15 * minute);
    expect(guard.timers.find(key)).toMatchObject({ state: 'firing' });
    expect(await guard.disarm.run(key)).toMatchObject({ state: 'brought-back' });
    expect(create.mock.calls.map(([, , options]) => options?.signal?.aborted)).toEqual([true]);
    await clock.advance(60 * minute);
    expect(create).toHaveBeenCalledOnce();
  });

  test('leaves what somebody else made of the workload, and tells it', async () => {
    const key = arm(quiescedDeployment(cluster));
    cluster.workloads.Deployment.change(place, { spec: { replicas: 7 } });
    await clock.advance(15 * minute);
    expect(deployment()?.spec.replicas).toBe(7);
    expect(guard.timers.find(key)).toMatchObject({ conflict: expect.stringContaining('scaled to 7') as string });
  });

  test('of two timers each has its own time', async () => {
    arm(quiescedPod(), 60);
    arm(quiescedDeployment(cluster), 120);
    await clock.advance(minute);
    expect([cluster.pods.objects.size, isBack()]).toEqual([1, false]);
    await clock.advance(minute);
    expect(isBack()).toBe(true);
  });
});

describe('what is proven of snapshots', () => {
  test('those that were ready before the workload came back are written down, and no others', async () => {
    const quiesced = quiescedDeployment(cluster);
    const ready = putSnapshot(cluster, 'ready');
    putSnapshot(cluster, 'begun', false);
    const key = arm(quiesced);
    await clock.advance(15 * minute);
    putSnapshot(cluster, 'later');
    expect(guard.timers.find(key)).toMatchObject({ readySnapshots: [ready] });
  });

  test('where they cannot be read none is proven, and the workload comes back all the same', async () => {
    putSnapshot(cluster, 'ready');
    vi.spyOn(cluster.snapshots, 'list').mockRejectedValue(new KubernetesApiError(403, 'Forbidden', 'no'));
    const key = arm(quiescedDeployment(cluster));
    await clock.advance(15 * minute);
    expect(isBack()).toBe(true);
    expect(guard.timers.find(key)).toMatchObject({ readySnapshots: [] });
  });

  test('where somebody had begun to bring it back before, none is proven', async () => {
    const key = arm(quiescedDeployment(cluster));
    cluster.workloads.Deployment.change(place, {
      metadata: { annotations: { 'snapfleet.io/fencing-token': String(fencingToken) } },
    });
    putSnapshot(cluster, 'ready');
    await clock.advance(15 * minute);
    expect(isBack()).toBe(true);
    expect(guard.timers.find(key)).toMatchObject({ state: 'brought-back', readySnapshots: [] });
  });

  test('they are read once, before the first attempt', async () => {
    vi.spyOn(cluster.workloads.Deployment, 'scale').mockRejectedValueOnce(new KubernetesApiError(500, 'X', 'no'));
    const key = arm(quiescedDeployment(cluster));
    await clock.advance(15 * minute);
    putSnapshot(cluster, 'cut-while-it-came-back');
    await clock.advance(minute);
    expect(guard.timers.find(key)).toMatchObject({ state: 'brought-back', readySnapshots: [] });
  });
});

test('a workload that was put back while the guard could not be told is left alone', async () => {
  const quiesced = quiescedDeployment(cluster);
  const key = arm(quiesced);
  await new ResumeWorkload(cluster, () => clock.now()).run(quiesced, never);
  cluster.writes.length = 0;
  await clock.advance(15 * minute);
  expect(cluster.writes).toEqual([]);
  expect(guard.timers.find(key)).toMatchObject({ state: 'disarmed', wasArmed: true });
});
