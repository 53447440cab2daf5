import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connectToCluster } from '../connect-to-cluster.js';
import type { ClusterAccess } from './cluster-access.js';
import { combineAccess } from './combine-access.js';
import { policyRulesOf } from './policy-rules.js';

const access = {
  claims: { waitFor: 'that it is bound', remove: 'a scratch claim' },
  workloads: { Deployment: { get: 'its replicas', scale: 'to 0 and back' } },
  serves: { 'snapshot.storage.k8s.io/v1': 'whether it can be snapshotted' },
} as const satisfies ClusterAccess;

function kubeconfig(): string {
  const directory = mkdtempSync(join(tmpdir(), 'snapfleet-access-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  const path = join(directory, 'kubeconfig');
  const cluster = { name: 'device', cluster: { server: 'http://127.0.0.1:1' } };
  const context = { name: 'device', context: { cluster: 'device', user: 'device' } };
  const config = { clusters: [cluster], contexts: [context], users: [{ name: 'device', user: {} }] };
  writeFileSync(path, JSON.stringify({ ...config, 'current-context': 'device' }));
  return path;
}

test('the rights of an app are the verbs behind its calls and no others', () => {
  expect(policyRulesOf(access)).toEqual([
    {
      uses: access.claims,
      apiGroups: [''],
      resources: ['persistentvolumeclaims'],
      verbs: ['list', 'watch', 'delete'],
    },
    { uses: { get: 'its replicas' }, apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] },
    { uses: { scale: 'to 0 and back' }, apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['patch'] },
    {
      uses: { serves: 'whether it can be snapshotted' },
      nonResourceURLs: ['/apis/snapshot.storage.k8s.io/v1'],
      verbs: ['get'],
    },
  ]);
  expect(policyRulesOf({})).toEqual([]);
});

test('an app has no other calls than those that it has declared', () => {
  const cluster = connectToCluster(access, { kubeconfig: kubeconfig() });
  expect(Object.keys(cluster).toSorted()).toEqual(['claims', 'serves', 'workloads']);
  expect(Object.keys(cluster.claims)).toEqual(['waitFor', 'remove']);
  expect(Object.keys(cluster.workloads)).toEqual(['Deployment']);
  expect(Object.keys(cluster.workloads.Deployment)).toEqual(['get', 'scale']);
  // What is not declared does not compile: the compiler fails at a line below that has become allowed.
  // @ts-expect-error -- not declared
  expect(cluster.claims.create).toBeUndefined();
  // @ts-expect-error -- not declared
  expect(cluster.workloads.Deployment.patch).toBeUndefined();
  // @ts-expect-error -- not declared
  expect(cluster.workloads.StatefulSet).toBeUndefined();
  // @ts-expect-error -- not declared
  expect(cluster.pods).toBeUndefined();
  // @ts-expect-error -- not declared
  expect(cluster.version).toBeUndefined();
  // @ts-expect-error -- only what is declared can be asked for
  const forbidden = (): unknown => cluster.serves('apps/v1', 'deployments');
  expect(forbidden).toBeTypeOf('function');
});

test('an app has the access of the rooms that it uses beside its own', () => {
  const own = {
    claims: { get: 'its size' },
    workloads: { StatefulSet: { get: 'its replicas' } },
    version: 'readiness',
  };
  const both = combineAccess(access, own);
  expect(both).toEqual({
    claims: { waitFor: 'that it is bound', remove: 'a scratch claim', get: 'its size' },
    workloads: { Deployment: access.workloads.Deployment, StatefulSet: { get: 'its replicas' } },
    serves: access.serves,
    version: 'readiness',
  });
  const cluster = connectToCluster(both, { kubeconfig: kubeconfig() });
  expect(
    [cluster.claims.get, cluster.claims.waitFor, cluster.version].every((call) => typeof call === 'function'),
  ).toBe(true);
});
