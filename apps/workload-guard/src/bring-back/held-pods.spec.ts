import { KubernetesApiError, type Pod, type ResourceApi } from '@snapfleet/kubernetes';
import { fencePatch, isFenced } from '@snapfleet/workloads';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clock, cluster, guard, minute, prepareGuard, removeGuard, startGuard } from '../testing/guard-under-test.js';
import {
  fencingToken,
  heldPods,
  keyOf,
  laterFencingToken,
  operationId,
  orderOf,
  otherOperationId,
  putSnapshot,
} from '../testing/samples.js';
import type { Guarded } from '../timers/timer.js';

const unlocks = ['exec orders-1/app unlock', 'exec orders-2/app unlock'];

const arm = async (held: Guarded, seconds = 900) => {
  await guard.arm.run(keyOf(held), orderOf(held, seconds));
  guard.watch.notify();
  return keyOf(held);
};
const execs = () => cluster.writes.filter((write) => write.startsWith('exec'));
const podNamed = (name: string): Pod => {
  const pod = cluster.pods.objects.get(`shop/${name}`);
  if (pod === undefined) throw new Error(`there is no ${name}`);
  return pod;
};
const isNoted = (name: string, token = fencingToken) => isFenced(podNamed(name), token);
const fails = (times: number) => {
  let left = times;
  cluster.pods.programs.set('unlock', () => Promise.resolve({ exitCode: (left -= 1) < 0 ? 0 : 1 }));
};

beforeEach(prepareGuard);

afterEach(removeGuard);

describe('the dead-man timer of Pods that hooks hold', () => {
  test('leaves the note, then runs the hooks of after the cut in each Pod, when its time is over and not before', async () => {
    const key = await arm(heldPods(cluster));
    await clock.advance(15 * minute - 1);
    expect(cluster.writes).toEqual([]);
    await clock.advance(1);
    const patch = (name: string) => expect.stringMatching(new RegExp(`^patch Pod ${name} `)) as string;
    expect(cluster.writes).toEqual([patch('orders-1'), patch('orders-2'), ...unlocks]);
    expect([isNoted('orders-1'), isNoted('orders-2')]).toEqual([true, true]);
    expect(guard.timers.find(key)).toMatchObject({ state: 'brought-back', at: clock.now().toISOString() });
    await clock.advance(60 * minute);
    expect(execs()).toEqual(unlocks);
  });

  test('does nothing to Pods that their operation has let go on', async () => {
    const key = await arm(heldPods(cluster));
    expect(await guard.disarm.run(key)).toMatchObject({ state: 'disarmed', wasArmed: true });
    await clock.advance(60 * minute);
    expect(cluster.writes).toEqual([]);
  });

  test('fires also when the guard was dead in the meantime, and runs hooks again in whose middle it was killed', async () => {
    cluster.pods.programs.set('unlock', (_pod, _words, signal) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('killed'));
        });
      });
    });
    await arm(heldPods(cluster));
    await guard.stop();
    await clock.advance(60 * minute);
    startGuard();
    await clock.advance(0);
    expect(execs()).toEqual(unlocks.slice(0, 1));
    await guard.stop();
    cluster.pods.programs.clear();
    cluster.writes.length = 0;
    startGuard();
    await clock.advance(0);
    expect(execs()).toEqual(unlocks);
  });

  test('is tried until the API server answers', async () => {
    const key = await arm(heldPods(cluster));
    const pods: ResourceApi<Pod> = cluster.pods;
    const silence = vi.spyOn(pods, 'get').mockRejectedValue(new KubernetesApiError(0, 'Silence', 'no answer'));
    await clock.advance(60 * minute);
    expect(guard.timers.find(key)).toMatchObject({ state: 'armed' });
    silence.mockRestore();
    await clock.advance(minute);
    expect(execs()).toEqual(unlocks);
  });

  test('a hook that fails is run again, and keeps the others from nothing', async () => {
    fails(1);
    const key = await arm(heldPods(cluster, operationId, [{ command: ['unlock'] }, { command: ['notify'] }]));
    await clock.advance(15 * minute);
    expect(execs()).toHaveLength(4);
    expect(guard.timers.find(key)).toMatchObject({ state: 'firing' });
    await clock.advance(1_000);
    expect(execs()).toHaveLength(8);
    expect(guard.timers.find(key)).not.toHaveProperty('conflict');
    expect(guard.timers.find(key)).toMatchObject({ state: 'brought-back' });
  });

  test('hooks that always fail are given up, and that is told', async () => {
    fails(Infinity);
    const key = await arm(heldPods(cluster));
    await clock.advance(60 * minute);
    expect(execs()).toHaveLength(20);
    expect(guard.reports.at(-1)).toBe('timer.given-up');
    const conflict = expect.stringContaining('given up: unlock in Pod orders-1, container app: exit code 1') as string;
    expect(guard.timers.find(key)).toMatchObject({ state: 'brought-back', conflict });
  });

  test('a hook that may fail is run once, and what failed is told', async () => {
    fails(1);
    const key = await arm(heldPods(cluster, operationId, [{ command: ['unlock'], onError: 'continue' }]));
    await clock.advance(60 * minute);
    expect(execs()).toEqual(unlocks);
    expect(guard.timers.find(key)).toMatchObject({ conflict: expect.stringContaining('orders-1') as string });
  });

  test('a Pod that is gone, or another one by now, has nothing to go on with', async () => {
    const key = await arm(heldPods(cluster));
    cluster.pods.objects.delete('shop/orders-1');
    await clock.advance(15 * minute);
    expect(execs()).toEqual(unlocks.slice(1));
    expect(guard.timers.find(key)).toMatchObject({ state: 'brought-back' });
  });

  test('is ended in the middle of a hook when its operation has let the Pods go on', async () => {
    const begun = Promise.withResolvers<AbortSignal>();
    cluster.pods.programs.set('unlock', (_pod, _words, signal) => {
      begun.resolve(signal);
      return new Promise(() => undefined);
    });
    const key = await arm(heldPods(cluster));
    await clock.advance(15 * minute);
    const signal = await begun.promise;
    expect(await guard.disarm.run(key)).toMatchObject({ state: 'brought-back' });
    expect(signal.aborted).toBe(true);
    await clock.advance(60 * minute);
    expect(execs()).toEqual(unlocks.slice(0, 1));
  });
});

describe('without the right to run commands in Pods', () => {
  test('a timer that could do nothing is not armed, and it is said what is missing', async () => {
    cluster.forbidden.add('create pods/exec');
    await expect(arm(heldPods(cluster))).rejects.toMatchObject({
      code: 'hooks_unsupported',
      message: expect.stringMatching(
        /^workload-guard may not .* namespace shop: .* create pods\/exec; .*yaml/,
      ) as string,
    });
    expect(guard.timers.open()).toEqual([]);
  });

  test('a timer whose right was taken away is never given up, and fires when it is given again', async () => {
    await arm(heldPods(cluster));
    cluster.forbidden.add('get pods/exec');
    await clock.advance(120 * minute);
    expect(execs()).toEqual([]);
    expect(guard.reports.filter((event) => event === 'timer.failed').length).toBeGreaterThan(50);
    cluster.forbidden.clear();
    await clock.advance(minute);
    expect(execs()).toEqual(unlocks);
  });
});

describe('where the note on a Pod is refused', () => {
  const refusal = new KubernetesApiError(403, 'Forbidden', 'a policy refuses changes of Pods');

  test('a timer that could not leave it is not armed', async () => {
    vi.spyOn(cluster.pods, 'patch').mockRejectedValue(refusal);
    const held = heldPods(cluster);
    await expect(arm(held)).rejects.toMatchObject({
      code: 'hooks_unsupported',
      message: expect.stringContaining('refuses the note on Pod orders-1') as string,
    });
    expect(guard.timers.open()).toEqual([]);
  });

  test('that it can be left is tried without leaving it', async () => {
    await arm(heldPods(cluster));
    expect(cluster.writes).toEqual([]);
  });

  test('since then, the hooks of after the cut run without it after the third refusal', async () => {
    const key = await arm(heldPods(cluster));
    vi.spyOn(cluster.pods, 'patch').mockRejectedValue(refusal);
    await clock.advance(15 * minute);
    expect(execs()).toEqual([]);
    await clock.advance(3_000);
    expect(execs()).toEqual(unlocks);
    expect(guard.timers.find(key)).toMatchObject({ state: 'brought-back' });
    expect(guard.reports.filter((event) => event === 'timer.failed')).toHaveLength(2);
  });
});

describe('what is proven of snapshots of Pods that hooks hold', () => {
  test('those that were ready before the first hook of after the cut, and no others', async () => {
    const ready = putSnapshot(cluster, 'ready');
    putSnapshot(cluster, 'begun', false);
    cluster.pods.programs.set('unlock', () => {
      putSnapshot(cluster, 'later');
      return Promise.resolve({});
    });
    const key = await arm(heldPods(cluster));
    await clock.advance(15 * minute);
    expect(guard.timers.find(key)).toMatchObject({ state: 'brought-back', readySnapshots: [ready] });
  });

  test('none where their operation has begun to let the Pods go on', async () => {
    putSnapshot(cluster, 'ready');
    const key = await arm(heldPods(cluster));
    const note = fencePatch(podNamed('orders-2'), fencingToken);
    if (note !== undefined) await cluster.pods.patch({ namespace: 'shop', name: 'orders-2' }, note);
    await clock.advance(15 * minute);
    expect(execs()).toEqual(unlocks);
    expect(guard.timers.find(key)).toMatchObject({ state: 'brought-back', readySnapshots: [] });
  });
});

describe('two operations that hold the same Pods', () => {
  test('an earlier one that is overdue waits until the later one has let them go on', async () => {
    const first = await arm(heldPods(cluster), 60);
    const second = await arm(heldPods(cluster, otherOperationId), 900);
    await clock.advance(10 * minute);
    expect(cluster.writes).toEqual([]);
    await guard.disarm.run(second);
    await clock.advance(minute);
    expect(guard.timers.find(first)).toMatchObject({ state: 'brought-back' });
    expect(execs()).toEqual(unlocks);
  });

  test('both are let go on when nobody ends their timers, the later one first', async () => {
    await arm(heldPods(cluster), 60);
    await arm(heldPods(cluster, otherOperationId), 900);
    await clock.advance(16 * minute);
    expect(guard.timers.open()).toEqual([]);
    expect(isNoted('orders-1', laterFencingToken)).toBe(true);
    expect(execs()).toHaveLength(4);
  });

  test('nobody holds them while they are let go on for another one', async () => {
    fails(1);
    await arm(heldPods(cluster), 60);
    await clock.advance(minute);
    const late = arm(heldPods(cluster, otherOperationId));
    await expect(late).rejects.toMatchObject({ code: 'guard_unavailable' });
    await clock.advance(minute);
    await arm(heldPods(cluster, otherOperationId));
    expect(guard.timers.open()).toMatchObject([{ operationId: otherOperationId }]);
  });
});
