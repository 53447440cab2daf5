import { Quiesce } from '@snapfleet/contracts';
import { KubernetesApiError } from '@snapfleet/kubernetes';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { beforeEach, expect, test } from 'vitest';
import { FakeGuard } from '../testing/fake-guard.js';
import { never, putClaim, where } from '../testing/samples.js';
import { PreflightClaimUseCase } from './preflight-claim.use-case.js';

const quiesce = Quiesce.parse({ level: 'cold', workload: { kind: 'Pod', name: 'orders' } });
let cluster: FakeCluster;
const preflight = () =>
  new PreflightClaimUseCase(cluster, new FakeGuard(cluster.writes)).run({ ...where, quiesce }, never);

beforeEach(() => {
  cluster = new FakeCluster();
  putClaim(cluster);
  const snapshotClass = { metadata: { name: 'snapclass' }, driver: 'topolvm.io', deletionPolicy: 'Retain' };
  cluster.snapshotClasses.put(snapshotClass);
  cluster.pods.put({
    metadata: { name: 'orders', namespace: 'shop' },
    spec: { containers: [], volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'orders' } }] },
    status: { phase: 'Running' },
  } as never);
});

test('a bare Pod is tried by the manifest that is saved', async () => {
  const asked: object[] = [];
  cluster.pods.admission = (manifest) => {
    asked.push(manifest);
    return undefined;
  };
  const reply = await preflight();
  expect(reply).toMatchObject({ passed: true, workload: { kind: 'Pod', manifest: asked[0] }, notices: [] });
  expect(asked).toHaveLength(1);
  expect(cluster.writes).toEqual([]);
});

test('a bare Pod that could not be made again is told with all else that is missing', async () => {
  cluster.snapshotClasses.objects.clear();
  const refusal = new KubernetesApiError(403, 'Forbidden', 'no PriorityClass with name high was found');
  cluster.pods.admission = () => refusal;
  await expect(preflight()).resolves.toMatchObject({
    passed: false,
    findings: [
      { code: 'snapshot_class_not_found' },
      {
        code: 'workload_not_recreatable',
        message: `cluster-operator could not make Pod orders again: ${refusal.message}`,
        remedy: expect.stringContaining('PriorityClass') as string,
        retryable: false,
      },
    ],
  });
});

test('a webhook that knows no dry run is a notice', async () => {
  const why = 'admission webhook "sidecar" does not support dry run';
  cluster.pods.admission = () => new KubernetesApiError(400, 'BadRequest', why);
  await expect(preflight()).resolves.toMatchObject({
    passed: true,
    notices: [{ code: 'dry-run-unsupported', message: expect.stringContaining(why) as string }],
  });
});

test('an API server that has not judged it ends the preflight, which may be tried again', async () => {
  const failure = new KubernetesApiError(503, 'ServiceUnavailable', 'busy');
  cluster.pods.admission = () => failure;
  await expect(preflight()).rejects.toBe(failure);
});
