import { KubernetesApiError, type CallOptions } from '@snapfleet/kubernetes';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { beforeEach, expect, test, vi } from 'vitest';
import { namespace, never } from '../testing/samples.js';
import { expectRecreation, tryRecreation } from './pod-recreation.js';

const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'base', namespace }, spec: { containers: [] } };
const pod = { maker: 'workload-guard', namespace, name: 'base', manifest } as const;
const patience = { deadlineMs: 5_000, signal: never };
const forbidden = (why: string): KubernetesApiError =>
  new KubernetesApiError(403, 'Forbidden', `POST: 403 Forbidden: pods "base" is forbidden: ${why}`);
const quota = (used: string, limited: string): KubernetesApiError =>
  forbidden(
    `exceeded quota: few, requested: cpu=500m,pods=1, used: cpu=500m,pods=${used}, limited: cpu=1,pods=${limited}`,
  );
let cluster: FakeCluster;
const ask = () => tryRecreation(cluster, pod, patience);

beforeEach(() => {
  cluster = new FakeCluster();
});

test('a Pod that is admitted can be made again, also while it is still there', async () => {
  await expect(ask()).resolves.toEqual({ kind: 'admitted' });
  cluster.pods.put(manifest);
  await expect(ask()).resolves.toEqual({ kind: 'admitted' });
  expect(cluster.writes).toEqual([]);
});

test.each([
  ['a rule of admission', forbidden('violates PodSecurity "restricted:latest"'), false],
  ['a ServiceAccount that is gone', forbidden('error looking up service account shop/runner'), false],
  ['a field', new KubernetesApiError(422, 'Invalid', 'Pod "base" is invalid'), false],
  ['a webhook with a status of its own', new KubernetesApiError(400, 'BadRequest', 'denied the request: no'), false],
  ['a webhook that does not answer', new KubernetesApiError(500, 'InternalError', 'failed calling webhook "x"'), true],
  ['a quota that became smaller than what is used', quota('2', '1'), false],
  ['a quota that it does not fit into by its form', forbidden('failed quota: few: must specify cpu'), false],
])('a Pod that is refused by %s cannot be made again', async (_what, refusal, retryable) => {
  cluster.pods.admission = () => refusal;
  cluster.pods.put(manifest);
  const error = expect.objectContaining({ code: 'workload_not_recreatable', retryable, cause: refusal }) as unknown;
  await expect(ask()).resolves.toEqual({ kind: 'refused', error });
  await expect(expectRecreation(cluster, pod, patience)).rejects.toMatchObject({
    code: 'workload_not_recreatable',
    message: `workload-guard could not make Pod base again: ${refusal.message}`,
  });
});

test.each([quota('1', '1'), forbidden('exceeded quota: few, in words of a later version')])(
  'a quota that the Pod itself fills has room for it after its deletion: %s',
  async (refusal) => {
    cluster.pods.admission = () => refusal;
    await expect(ask()).resolves.toEqual({ kind: 'admitted' });
  },
);

test('a webhook that cannot be asked without effect says nothing', async () => {
  const why = 'admission webhook "sidecar" does not support dry run';
  cluster.pods.admission = () => new KubernetesApiError(400, 'BadRequest', why);
  await expect(ask()).resolves.toEqual({ kind: 'unknown', why });
  await expect(expectRecreation(cluster, pod, patience)).resolves.toBeUndefined();
});

test.each([0, 401, 429, 503])('an API server that answers with %d has not judged it', async (status) => {
  const failure = new KubernetesApiError(status, 'Any', 'busy');
  cluster.pods.admission = () => failure;
  await expect(ask()).rejects.toBe(failure);
});

test('an API server that does not answer is not waited for longer than was said', async () => {
  vi.spyOn(cluster.pods, 'tryCreate').mockImplementation(
    (_namespace: string | undefined, _manifest: object, { signal }: CallOptions = {}) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
      }),
  );
  await expect(tryRecreation(cluster, pod, { deadlineMs: 1, signal: never })).rejects.toMatchObject({
    code: 'deadline_exceeded',
    retryable: true,
  });
  const stop = new AbortController();
  const waiting = tryRecreation(cluster, pod, { deadlineMs: 60_000, signal: stop.signal });
  stop.abort();
  await expect(waiting).rejects.toThrow(/abort/i);
});
