import { SavedWorkload } from '@snapfleet/contracts';
import { KubernetesApiError } from '@snapfleet/kubernetes';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { ResumeWorkload } from '@snapfleet/workloads';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeGuard } from '../testing/fake-guard.js';
import { fencingToken, never, now, operationId, otherOperationId, putClaim, where } from '../testing/samples.js';
import { ResumeWorkloadUseCase } from '../workload-resume/resume-workload.use-case.js';
import { QuiesceWorkloadUseCase } from './quiesce-workload.use-case.js';

const key = { namespace: 'shop', name: 'base' };
const at = 'shop/base';
const spec = { containers: [], volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'orders' } }] };
const draft = { metadata: key, spec, status: { phase: 'Running' } };
const noted = `patch PersistentVolumeClaim orders {"metadata":{"annotations":{"snapfleet.io/pod-taken-by":"${operationId}"}}}`;
const refusal = new KubernetesApiError(403, 'Forbidden', 'pods "base" is forbidden: violates PodSecurity');
let cluster: FakeCluster;
let guard: FakeGuard;
let command: Parameters<QuiesceWorkloadUseCase['run']>[0];
const resume = () => new ResumeWorkloadUseCase(new ResumeWorkload(cluster, now), guard).run(command, never);
const quiesce = () => new QuiesceWorkloadUseCase(cluster, guard, now).run(command, never);

beforeEach(() => {
  cluster = new FakeCluster();
  guard = new FakeGuard(cluster.writes);
  putClaim(cluster);
  const pod = cluster.pods.put(draft);
  const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: key, spec };
  const workload = SavedWorkload.parse({ kind: 'Pod', name: 'base', uid: pod.metadata.uid, manifest });
  const limits = { deadlineSeconds: 10, maximumDowntimeSeconds: 900 };
  command = { operationId, fencingToken, ...where, otherClaims: [], workload, ...limits };
});

test('the guard has the manifest, and the claim a note, before the Pod is deleted', async () => {
  await quiesce();
  expect(cluster.writes).toEqual(['arm', noted, 'delete Pod base']);
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
  expect(cluster.writes).toEqual([]);
});

test('a Pod that the guard has made again, and somebody has deleted since, stays deleted', async () => {
  await quiesce();
  guard.bringsBack({ operationId, workloadUid: command.workload.uid }, []);
  cluster.writes.length = 0;
  await expect(resume()).resolves.toMatchObject({ broughtBack: { by: 'dead-man-timer' } });
  expect(cluster.writes).toEqual([]);
});

test('a Pod that was put back, and that somebody has deleted since, stays deleted when the resume comes again', async () => {
  await quiesce();
  await resume();
  cluster.pods.objects.delete(at);
  await expect(resume()).resolves.toMatchObject({ conflict: expect.stringContaining('Pod base') as string });
  expect(cluster.pods.objects.has(at)).toBe(false);
});

describe('a Pod that could not be made again', () => {
  test('is not touched, and nothing is armed', async () => {
    cluster.pods.admission = () => refusal;
    await expect(quiesce()).rejects.toMatchObject({ code: 'workload_not_recreatable', retryable: false });
    expect(cluster.writes).toEqual(['disarm']);
    await expect(resume()).resolves.not.toHaveProperty('conflict');
    expect(cluster.pods.objects.has(at)).toBe(true);
  });

  test('is tried by the manifest that would bring it back', async () => {
    const asked: object[] = [];
    cluster.pods.admission = (manifest) => {
      asked.push(manifest);
      return undefined;
    };
    await quiesce();
    expect(asked).toMatchObject([{ metadata: { annotations: { 'snapfleet.io/recreated-by': operationId } }, spec }]);
  });

  test('by the guard is not touched either', async () => {
    guard.refusesPods = true;
    await expect(quiesce()).rejects.toMatchObject({ code: 'workload_not_recreatable' });
    expect(cluster.writes).toEqual(['disarm']);
  });

  test('is refused also after a crash before its deletion', async () => {
    vi.spyOn(cluster.pods, 'remove').mockRejectedValueOnce(new Error('killed'));
    await expect(quiesce()).rejects.toThrow('killed');
    cluster.pods.admission = () => refusal;
    await expect(quiesce()).rejects.toMatchObject({ code: 'workload_not_recreatable' });
    expect(cluster.pods.objects.has(at)).toBe(true);
  });

  test('is not asked for where the Pod is gone already: it has to come back all the same', async () => {
    await quiesce();
    cluster.pods.admission = () => refusal;
    await expect(quiesce()).resolves.toBeDefined();
  });

  test('a webhook that knows no dry run keeps nothing from being done', async () => {
    const why = 'admission webhook "sidecar" does not support dry run';
    cluster.pods.admission = () => new KubernetesApiError(400, 'BadRequest', why);
    await quiesce();
    expect(cluster.writes).toContain('delete Pod base');
  });
});

describe('what somebody else made of the Pod before it was quiesced', () => {
  const otherUid = { ...draft, metadata: { ...key, uid: 'another' } };
  const terminating = { metadata: { deletionTimestamp: 'now', finalizers: ['hold'] } };
  const worlds: readonly (readonly [string, string, () => unknown])[] = [
    ['was deleted', 'workload_not_found', () => cluster.pods.objects.delete(at)],
    ['is being deleted', 'workload_conflict', () => cluster.pods.change(key, terminating)],
    ['was deleted and made again', 'workload_conflict', () => cluster.pods.put(otherUid)],
    ['has ended', 'workload_conflict', () => cluster.pods.change(key, { status: { phase: 'Succeeded' } })],
  ];

  describe.each(worlds)('a Pod that %s', (_what, code, happens) => {
    test('is refused and stays so', async () => {
      happens();
      await expect(quiesce()).rejects.toMatchObject({ code });
      cluster.pods.objects.delete(at);
      await expect(resume()).resolves.toMatchObject({ conflict: expect.stringContaining('Pod base') as string });
      expect(cluster.writes).toEqual(['disarm']);
    });

    test('after it was looked at is refused and stays so', async () => {
      vi.spyOn(guard, 'arm').mockImplementationOnce((...order) => {
        happens();
        return guard.arm(...order);
      });
      await expect(quiesce()).rejects.toMatchObject({ code });
      cluster.pods.objects.delete(at);
      await resume();
      expect(cluster.pods.objects.has(at)).toBe(false);
      expect(cluster.writes).not.toContain('delete Pod base');
    });
  });

  test('a Pod that ends between the last look and its deletion stays as it ended', async () => {
    const remove = cluster.pods.remove.bind(cluster.pods);
    vi.spyOn(cluster.pods, 'remove').mockImplementationOnce((...given) => {
      cluster.pods.change(key, { status: { phase: 'Failed' } });
      return remove(...given);
    });
    await expect(quiesce()).rejects.toMatchObject({ code: 'workload_conflict' });
    await expect(resume()).resolves.not.toHaveProperty('conflict');
    expect(cluster.pods.objects.get(at)).toMatchObject({ status: { phase: 'Failed' } });
  });
});

describe('a Pod that this operation has deleted before a crash', () => {
  test.each([
    ['with all that it had noted', () => undefined],
    ['where the guard has lost its file', () => (guard = new FakeGuard(cluster.writes))],
    ['of a version that left no note on the claim', () => putClaim(cluster)],
  ])('comes back %s', async (_what, happens) => {
    await quiesce();
    happens();
    await expect(quiesce()).resolves.toBeDefined();
    await expect(resume()).resolves.not.toHaveProperty('conflict');
    expect(cluster.pods.objects.has(at)).toBe(true);
  });

  test('is awaited while it ends, with its answer lost', async () => {
    const remove = cluster.pods.remove.bind(cluster.pods);
    vi.spyOn(cluster.pods, 'remove').mockImplementationOnce(async (...given) => {
      await remove(...given);
      throw new KubernetesApiError(409, 'Conflict', 'repeated after its answer was lost');
    });
    await expect(quiesce()).resolves.toBeDefined();
    await resume();
    expect(cluster.pods.objects.has(at)).toBe(true);
  });

  test('comes back also where the guard, without its file, could not make it again', async () => {
    await quiesce();
    guard = new FakeGuard(cluster.writes);
    guard.refusesPods = true;
    await expect(quiesce()).rejects.toMatchObject({ code: 'workload_not_recreatable' });
    await resume();
    expect(cluster.pods.objects.has(at)).toBe(true);
  });

  test('by a note of another operation is none of this one', async () => {
    const annotations = { 'snapfleet.io/pod-taken-by': otherOperationId };
    cluster.claims.change({ namespace: 'shop', name: 'orders' }, { metadata: { annotations } });
    cluster.pods.objects.delete(at);
    await expect(quiesce()).rejects.toMatchObject({ code: 'workload_not_found' });
  });
});
