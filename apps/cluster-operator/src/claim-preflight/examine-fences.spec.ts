import { farthestTokenAhead, FencingToken, Quiesce } from '@snapfleet/contracts';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { FakeGuard } from '../testing/fake-guard.js';
import { never, operationId, putClaim, where } from '../testing/samples.js';
import { PreflightClaimUseCase } from './preflight-claim.use-case.js';

let cluster: FakeCluster;
const key = { namespace: 'shop', name: 'orders' };
const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'orders' } }];

beforeEach(() => {
  cluster = new FakeCluster();
  cluster.snapshotClasses.put({
    metadata: { name: 'snapclass' },
    driver: 'topolvm.io',
    deletionPolicy: 'Retain',
  } as never);
});

function putDeployment(metadata: object = {}): string {
  const spec = { replicas: 3, template: { spec: { volumes } } };
  return cluster.workloads.Deployment.put({ metadata: { ...key, ...metadata }, spec } as never).metadata.uid;
}

describe('a fencing token that somebody wrote', () => {
  const fencingToken = FencingToken.parse(9);
  const farthest = String(9 + farthestTokenAhead);
  const tooFar = String(9 + farthestTokenAhead + 1);
  const annotations = (text: string) => ({ annotations: { 'snapfleet.io/fencing-token': text } });
  const quiesce = (level: 'cold' | 'hooks') =>
    Quiesce.parse({ level, workload: { kind: 'Deployment', name: 'orders' }, before: [{ command: ['lock'] }] });
  const ask = (level: 'cold' | 'hooks') =>
    new PreflightClaimUseCase(cluster, new FakeGuard(cluster.writes)).run(
      { ...where, quiesce: quiesce(level), fencingToken },
      never,
    );

  test('is counted on from, as far as this device can ever have counted', async () => {
    putClaim(cluster);
    putDeployment(annotations(farthest));
    await expect(ask('cold')).resolves.toMatchObject({ passed: true, fencingToken: Number(farthest) });
  });

  test('is told with its object where it is farther, so that nobody follows it', async () => {
    putClaim(cluster);
    cluster.claims.change(key, { metadata: annotations(tooFar) });
    putDeployment(annotations(String(Number.MAX_SAFE_INTEGER)));
    const findings = [
      { code: 'fence_not_ours', message: expect.stringMatching(`^PersistentVolumeClaim orders .*${tooFar}`) as string },
      { code: 'fence_not_ours', message: expect.stringMatching('^Deployment orders .*9007199254740991') as string },
    ];
    await expect(ask('cold')).resolves.toMatchObject({ passed: false, findings });
  });

  test('is told of a Pod in which hooks are to run', async () => {
    putClaim(cluster);
    const uid = putDeployment();
    const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'orders', uid, controller: true }];
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    cluster.pods.put({
      metadata: { ...key, uid: operationId, ownerReferences, ...annotations(tooFar) },
      spec: { containers: [], volumes },
      status,
    } as never);
    await expect(ask('hooks')).resolves.toMatchObject({
      findings: [{ code: 'fence_not_ours', message: expect.stringMatching('^Pod orders ') as string }],
    });
  });
});
