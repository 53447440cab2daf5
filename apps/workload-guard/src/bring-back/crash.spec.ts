import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { ResumeWorkload, type QuiescedWorkload } from '@snapfleet/workloads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GuardProcess, type Point } from '../testing/guard-process.js';
import {
  keyOf,
  never,
  fencingToken,
  heldPods,
  operationId,
  orderOf,
  putSnapshot,
  quiescedDeployment,
  quiescedPod,
  replicas,
} from '../testing/samples.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import type { Guarded } from '../timers/timer.js';

const second = 1_000;
const forever = new Promise<never>(() => undefined);
let directory: string;
let clock: VirtualClock;
let cluster: FakeCluster;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'snapfleet-guard-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

type World = readonly [name: string, quiesce: () => QuiescedWorkload];
const worlds: readonly World[] = [
  ['a Deployment', () => quiescedDeployment(cluster)],
  ['a bare Pod', quiescedPod],
  [
    'a Deployment that was only marked yet',
    () => {
      const quiesced = quiescedDeployment(cluster);
      cluster.workloads.Deployment.change({ namespace: 'shop', name: 'orders' }, { spec: { replicas } });
      return quiesced;
    },
  ],
];

/** Begins anew and lets the timer fire; `point` is called wherever the process could be killed. */
function fire<T extends Guarded>(quiesce: () => T, point: Point): { guard: GuardProcess; quiesced: T } {
  rmSync(directory, { recursive: true });
  clock = new VirtualClock();
  cluster = new FakeCluster();
  const quiesced = quiesce();
  const guard = new GuardProcess({ directory, clock, cluster, point });
  guard.timers.arm(keyOf(quiesced), orderOf(quiesced, 1));
  guard.watch.notify();
  return { guard, quiesced };
}

/** The points that a run without any disturbance comes to. */
async function pointsOf(quiesce: () => Guarded): Promise<string[]> {
  const points: string[] = [];
  const { guard } = fire(quiesce, (name) => {
    points.push(name);
    return Promise.resolve();
  });
  await clock.advance(2 * second);
  await guard.stop();
  return points;
}

function expectBack({ workload }: QuiescedWorkload): void {
  if (workload.kind === 'Pod') {
    expect([...cluster.pods.objects.values()].map(({ metadata }) => metadata.annotations)).toEqual([
      { 'snapfleet.io/recreated-by': operationId },
    ]);
    return;
  }
  const found = cluster.workloads.Deployment.objects.get('shop/orders');
  expect(found?.spec.replicas).toBe(replicas);
  expect(found?.metadata.annotations).toEqual({ 'snapfleet.io/fencing-token': String(fencingToken) });
}

/** Kills the guard at each point while it fires, in turn; the next one has to bring back what is guarded. */
async function killedAnywhere<T extends Guarded>(quiesce: () => T, expectIsBack: (guarded: T) => void): Promise<void> {
  const points = await pointsOf(quiesce);
  expect(points.length).toBeGreaterThan(4);
  for (let killedAt = 1; killedAt <= points.length; killedAt += 1) {
    let reached = 0;
    const { guard, quiesced } = fire(quiesce, () => ((reached += 1) >= killedAt ? forever : Promise.resolve()));
    await clock.advance(2 * second);
    // What runs of it never goes on, as after kill -9; the lock of its file ends with it.
    guard.store.close();
    const touched = cluster.writes.length > 0;
    const cutSince = putSnapshot(cluster, 'cut-since');
    const next = new GuardProcess({ directory, clock, cluster });
    await clock.advance(second);
    expectIsBack(quiesced);
    const timer = next.timers.find(keyOf(quiesced));
    expect(timer, points[killedAt - 1]).toMatchObject({ state: 'brought-back' });
    // A snapshot may count only where nothing had been done to the workload before it.
    if (touched) expect(timer).not.toMatchObject({ readySnapshots: [cutSince] });
    await next.stop();
  }
}

describe.each(worlds)('%s', (_name, quiesce) => {
  test('is back, exactly, wherever the guard was killed while it fired', async () => {
    await killedAnywhere(quiesce, expectBack);
  });

  test('is back, exactly, wherever its operation put it back while the guard fired', async () => {
    const points = await pointsOf(quiesce);
    for (let resumedAt = 1; resumedAt <= points.length; resumedAt += 1) {
      let reached = 0;
      const { guard, quiesced } = fire(quiesce, async () => {
        reached += 1;
        if (reached === resumedAt) await putBack();
      });
      let answer: ReturnType<GuardProcess['disarm']['run']> | undefined;
      const putBack = async (): Promise<void> => {
        await new ResumeWorkload(cluster, () => clock.now()).run(quiesced, never);
        answer = guard.disarm.run(keyOf(quiesced));
      };
      await clock.advance(2 * second);
      expectBack(quiesced);
      const ended = await answer;
      expect(['disarmed', 'brought-back'], points[resumedAt - 1]).toContain(ended?.state);
      expect(guard.timers.find(keyOf(quiesced))).toMatchObject({ state: ended?.state });
      await guard.stop();
    }
  });

  test('is back when its operation puts it back after the guard, and the guard is told as the faster one', async () => {
    const { guard, quiesced } = fire(quiesce, () => Promise.resolve());
    await clock.advance(2 * second);
    await new ResumeWorkload(cluster, () => clock.now()).run(quiesced, never);
    expectBack(quiesced);
    expect(await guard.disarm.run(keyOf(quiesced))).toMatchObject({ state: 'brought-back' });
    await guard.stop();
  });
});

describe('Pods that hooks hold', () => {
  test('are let go on wherever the guard was killed while it fired', async () => {
    await killedAnywhere(
      () => heldPods(cluster),
      () => {
        expect(cluster.writes).toEqual(
          expect.arrayContaining(['exec orders-1/app unlock', 'exec orders-2/app unlock']),
        );
      },
    );
  });
});
