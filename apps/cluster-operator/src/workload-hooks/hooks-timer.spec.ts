import { ObjectUid, OperationId, SnapfleetError } from '@snapfleet/contracts';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { fencingToken, operationId } from '../testing/samples.js';
import {
  cluster,
  crashAndStart,
  endedAt,
  execs,
  fails,
  guard,
  hooked,
  prepareCluster,
  program,
  refusedAs,
  run,
  uidOf,
} from './hooks-under-test.js';

beforeEach(prepareCluster);

const workload = { kind: 'Deployment', name: 'orders' };
const lock = [{ command: ['lock'] }];
const unlock = [{ command: ['unlock'] }];
const timer = { workload, maximumDowntimeSeconds: 60 };
const key = { operationId: OperationId.parse(operationId), workloadUid: ObjectUid.parse(uidOf('orders-1')) };
const before = () => run('before', lock, { timer: { ...timer, hooks: unlock } });
const after = () => run('after', unlock, { timer });
const snapshot = ObjectUid.parse('s-1');

describe('before the cut', () => {
  test('the hooks of after it are with the workload guard before the first hook runs, once', async () => {
    await before();
    await before();
    expect(cluster.writes.slice(0, 2)).toEqual(['arm', 'exec orders-1/app lock']);
    expect(guard.orders.get(operationId)).toEqual({
      fencingToken,
      namespace: 'shop',
      maximumDowntimeSeconds: 60,
      workload: {
        level: 'hooks',
        ...workload,
        uid: key.workloadUid,
        pods: [hooked('orders-1'), hooked('orders-2')],
        after: [{ command: ['unlock'], timeoutSeconds: 30, onError: 'fail' }],
      },
    });
  });

  test('no hook runs while the guard does not answer, or could not run those of after the cut', async () => {
    guard.silences = 1;
    await expect(before()).rejects.toMatchObject({ ...refusedAs('guard_unavailable'), retryable: true });
    vi.spyOn(guard, 'arm').mockRejectedValueOnce(new SnapfleetError('hooks_unsupported', 'no right'));
    await expect(before()).rejects.toMatchObject(refusedAs('hooks_unsupported'));
    expect(execs()).toEqual([]);
  });

  test('no hook runs for an operation whose timer has ended', async () => {
    await before();
    await after();
    crashAndStart();
    await expect(before()).rejects.toMatchObject(refusedAs('operation_superseded'));
    expect(execs().filter((write) => write.endsWith(' lock'))).toHaveLength(2);
  });

  test('hooks that nothing undoes need no guard', async () => {
    guard.silences = 10;
    await expect(run('before', lock)).resolves.toMatchObject({ failures: [] });
    await expect(run('after', [])).resolves.not.toHaveProperty('unproven');
    expect(guard.orders.size).toBe(0);
  });
});

describe('after the cut', () => {
  test('the timer is ended after the last hook, and not while one fails', async () => {
    await before();
    program('unlock', fails(1));
    await expect(after()).rejects.toMatchObject(refusedAs('hook_failed'));
    expect(guard.ended.size).toBe(0);
    cluster.pods.programs.clear();
    const reply = await after();
    expect(cluster.writes.slice(-2)).toEqual(['exec orders-2/app unlock', 'disarm']);
    expect(reply).toEqual({ endedAt, pods: reply.pods, failures: [], gone: [], unhooked: [] });
    expect(await after()).toEqual(reply);
  });

  test('where the timer was faster the hooks run again, for a late one of before may have come after, and it is told', async () => {
    await before();
    const { at } = guard.bringsBack(key, [snapshot]);
    const reply = await after();
    expect(execs().slice(-2)).toEqual(['exec orders-1/app unlock', 'exec orders-2/app unlock']);
    expect(reply).toMatchObject({
      endedAt: at,
      broughtBack: { by: 'dead-man-timer', at, readySnapshots: [snapshot] },
    });
  });

  test('where the guard had given the hooks up, the application goes on only now', async () => {
    await before();
    guard.ended.set(operationId, { ...guard.bringsBack(key, []), conflict: 'given up' });
    await expect(after()).resolves.toMatchObject({ endedAt, broughtBack: { readySnapshots: [] } });
  });

  test('how long they were held is what the guard has counted, where they go on by its time', async () => {
    guard.downtimeMs = 4_321;
    await before();
    await expect(after()).resolves.toMatchObject({ downtimeMs: 4_321 });
    guard.ended.clear();
    const broughtBack = guard.bringsBack(key, []);
    await expect(after()).resolves.toMatchObject({ downtimeMs: 4_321 });
    guard.ended.set(operationId, { ...broughtBack, conflict: 'given up' });
    await expect(after()).resolves.not.toHaveProperty('downtimeMs');
  });

  test('nothing is proven where the guard does not answer, or knows no timer', async () => {
    await before();
    guard.silences = 1;
    await expect(after()).resolves.toMatchObject({ unproven: expect.stringContaining('no answer') as string });
    prepareCluster();
    await expect(after()).resolves.toMatchObject({ unproven: expect.stringContaining('no timer') as string });
  });
});
