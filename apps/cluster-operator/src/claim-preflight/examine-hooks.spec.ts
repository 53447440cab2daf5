import { Quiesce, Workload } from '@snapfleet/contracts';
import { KubernetesApiError } from '@snapfleet/kubernetes';
import { beforeEach, expect, test, vi } from 'vitest';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { never, where } from '../testing/samples.js';
import { examineWorkload } from './examine-workload.js';

let cluster: FakeCluster;
const key = { namespace: 'shop', name: 'db' };
const uid = '5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87';
const workload = Workload.parse({ kind: 'Pod', name: 'db' });

beforeEach(() => {
  cluster = new FakeCluster();
  cluster.pods.put({
    metadata: { ...key, uid },
    spec: {
      containers: [{ name: 'db' }, { name: 'exporter' }],
      initContainers: [{ name: 'prepare' }, { name: 'proxy', restartPolicy: 'Always' }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'orders' } }],
    },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  } as never);
});

async function examine(container?: string) {
  const hook = { command: ['lock'], ...(container === undefined ? {} : { container }) };
  const quiesce = Quiesce.parse({ level: 'hooks', workload, before: [hook], after: [hook] });
  if (quiesce.level !== 'hooks') throw new Error('not hooks');
  return examineWorkload(cluster, where, quiesce, never);
}
const findings = async (container?: string) =>
  (await examine(container)).findings.map(({ code, message, retryable }) => ({ code, message, retryable }));

test('hooks can run in a Pod that is Ready, in its containers and in those that start beside them', async () => {
  await expect(examine()).resolves.toMatchObject({ findings: [], pods: [{ name: 'db', uid }], notices: [] });
  expect(await findings('exporter')).toEqual([]);
  expect(await findings('proxy')).toEqual([]);
});

test('a container that the Pod does not have is named once, with those that it has', async () => {
  const message = 'Pod db has no container prepare; it has: db, exporter, proxy';
  expect(await findings('prepare')).toEqual([{ code: 'hooks_unsupported', message, retryable: false }]);
});

test('a Pod that is not Ready, or is being deleted, is told, and may be ready later', async () => {
  cluster.pods.change(key, { status: { conditions: [{ type: 'Ready', status: 'False' }] } });
  expect(await findings()).toMatchObject([{ code: 'hooks_unsupported', retryable: true }]);
  cluster.pods.change(key, {
    metadata: { deletionTimestamp: 'now', finalizers: ['x'] },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  });
  expect(await findings()).toMatchObject([{ code: 'hooks_unsupported', retryable: true }]);
});

test('what has ended is no reason to wait', async () => {
  cluster.pods.change(key, { status: { phase: 'Succeeded', conditions: [] } });
  expect(await findings()).toEqual([]);
});

test.each([
  [['get pods/exec'], 'get pods/exec'],
  [['create pods/exec'], 'create pods/exec'],
  [['get pods/exec', 'create pods/exec'], 'get and create pods/exec'],
])('without the rights %j the finding names them', async (forbidden, words) => {
  for (const right of forbidden) cluster.forbidden.add(right);
  const message = `the cluster operator may not run commands in Pods of namespace shop: it has not the right to ${words}`;
  expect(await findings()).toEqual([{ code: 'hooks_unsupported', message, retryable: false }]);
});

test('a Pod whose note would be refused is told before anything is begun; one that is gone by then is not', async () => {
  const patch = vi.spyOn(cluster.pods, 'patch');
  patch.mockRejectedValue(new KubernetesApiError(403, 'Forbidden', 'a policy refuses it'));
  const message = 'the API server refuses the note on Pod db: a policy refuses it';
  expect(await findings()).toEqual([{ code: 'hooks_unsupported', message, retryable: false }]);
  patch.mockRejectedValue(new KubernetesApiError(404, 'NotFound', 'gone'));
  expect(await findings()).toEqual([]);
});

test('trying the note leaves none', async () => {
  expect(await findings()).toEqual([]);
  expect(cluster.writes).toEqual([]);
});
