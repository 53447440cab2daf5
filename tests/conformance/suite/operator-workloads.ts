import { randomUUID } from 'node:crypto';
import { GuardReport, WorkloadQuiesce, WorkloadResume } from '@snapfleet/contracts';
import { describe, expect, test } from 'vitest';
import { mergePatch } from './cluster.js';
import { nextFencingToken } from './fencing-tokens.js';
import { pod, podSpec, workload } from './manifests.js';
import { errorOf, type OperatorUnderTest } from './operator-client.js';
import type { Home } from './operator-preflight.js';
import { workloadOn } from './workload-on-claim.js';

const deadlineSeconds = 100;
const newOperation = () => ({ operationId: randomUUID(), fencingToken: nextFencingToken() });

/** How workloads are taken away from a volume and put back. */
export function describeQuiesce(use: () => OperatorUnderTest, home: () => Home): void {
  describe('quiesce and resume', () => {
    const { saved, users, ready } = workloadOn(use, home);

    test('a Deployment comes back with its replicas, and the same command again changes nothing', async () => {
      const { call, cluster } = use();
      const { namespace } = home();
      const operation = { ...newOperation(), ...home(), workload: await saved('Deployment', 'orders') };
      await call(WorkloadQuiesce, { ...operation, deadlineSeconds });
      expect(await users()).toEqual([]);
      await call(WorkloadQuiesce, { ...operation, deadlineSeconds });
      expect(await call(WorkloadResume, operation)).toMatchObject({ replicas: 1 });
      expect(await call(WorkloadResume, operation)).toMatchObject({ replicas: 1 });
      const { metadata, spec } = await cluster.apps.readNamespacedDeployment({ namespace, name: 'orders' });
      expect(spec?.replicas).toBe(1);
      expect(metadata?.annotations).not.toHaveProperty(['snapfleet.io/quiesced']);
      await ready(1);
    });

    test('a Deployment that the dead-man timer brought back is told so, and a quiesce that comes later is refused', async () => {
      const { call, cluster, guard } = use();
      const { namespace } = home();
      await guard.kill9();
      await guard.start({ SNAPFLEET_LONGEST_DOWNTIME_SECONDS: '10' });
      const operation = { ...newOperation(), ...home(), workload: await saved('Deployment', 'orders') };
      await call(WorkloadQuiesce, { ...operation, deadlineSeconds });
      expect(await users()).toEqual([]);
      await ready(1);
      const reply = await call(WorkloadResume, operation);
      expect(reply).toMatchObject({ replicas: 1, broughtBack: { by: 'dead-man-timer' } });
      expect(reply.conflict).toBeUndefined();
      const late = await errorOf(call(WorkloadQuiesce, { ...operation, deadlineSeconds }));
      expect(late.code).toBe('operation_superseded');
      const { metadata } = await cluster.apps.readNamespacedDeployment({ namespace, name: 'orders' });
      expect(metadata?.annotations).not.toHaveProperty(['snapfleet.io/quiesced']);
    });

    test('a quiesce of an operation that began before the one that has ended is refused', async () => {
      const { call, cluster } = use();
      const { namespace } = home();
      const late = { ...newOperation(), ...home(), workload: await saved('Deployment', 'orders') };
      await call(WorkloadResume, { ...late, ...newOperation() });
      expect((await errorOf(call(WorkloadQuiesce, { ...late, deadlineSeconds }))).code).toBe('operation_superseded');
      const { spec } = await cluster.apps.readNamespacedDeployment({ namespace, name: 'orders' });
      expect(spec?.replicas).toBe(1);
      await call(WorkloadResume, late);
    });

    test('no workload is touched while the guard is away', async () => {
      const { call, cluster, guard } = use();
      const { namespace } = home();
      const operation = { ...newOperation(), ...home(), workload: await saved('Deployment', 'orders') };
      const before = await cluster.apps.readNamespacedDeployment({ namespace, name: 'orders' });
      await guard.kill9();
      const error = await errorOf(call(WorkloadQuiesce, { ...operation, deadlineSeconds: 1 }));
      expect(error).toMatchObject({ code: 'guard_unavailable', retryable: true });
      expect((await errorOf(call(GuardReport, {}))).code).toBe('guard_unavailable');
      const after = await cluster.apps.readNamespacedDeployment({ namespace, name: 'orders' });
      expect(after.metadata?.generation).toBe(before.metadata?.generation);
      expect(after.metadata?.annotations).toEqual(before.metadata?.annotations);
      await guard.start();
      const { armed } = await call(GuardReport, {});
      await call(WorkloadQuiesce, { ...operation, deadlineSeconds });
      expect(await call(GuardReport, {})).toEqual({ armed: armed + 1, firing: 0 });
      expect(await call(WorkloadResume, operation)).toMatchObject({ replicas: 1 });
      expect(await call(GuardReport, {})).toEqual({ armed, firing: 0 });
    });

    test('what somebody else made of a quiesced workload is left in place and told', async () => {
      const { call, cluster } = use();
      const { namespace } = home();
      const operation = { ...newOperation(), ...home(), workload: await saved('Deployment', 'orders') };
      await call(WorkloadQuiesce, { ...operation, deadlineSeconds });
      const scale = (replicas: number) =>
        cluster.apps.patchNamespacedDeploymentScale(
          { namespace, name: 'orders', body: { spec: { replicas } } },
          mergePatch,
        );
      await scale(2);
      const reply = await call(WorkloadResume, operation);
      expect(reply).toMatchObject({ replicas: 2, conflict: expect.any(String) as string });
      await scale(0);
      await cluster.until('nobody uses the volume', async () => (await users()).length === 0);
    });

    test.each(['StatefulSet', 'ReplicaSet', 'ReplicationController'] as const)(
      'a %s comes back with exactly its replicas',
      async (kind) => {
        const { call, cluster } = use();
        const { namespace, persistentVolumeClaim } = home();
        const name = `shop-${kind.toLowerCase()}`;
        await cluster.apply(workload(kind, namespace, name, 2, persistentVolumeClaim));
        await ready(2);
        const operation = { ...newOperation(), ...home(), workload: await saved(kind, name) };
        expect(operation.workload).toMatchObject({ kind, name, replicas: 2 });
        await call(WorkloadQuiesce, { ...operation, deadlineSeconds });
        expect(await users()).toEqual([]);
        expect(await call(WorkloadResume, operation)).toMatchObject({ replicas: 2 });
        await ready(2);
        await cluster.apply({ ...workload(kind, namespace, name, 0, persistentVolumeClaim) });
        await cluster.until('nobody uses the volume', async () => (await users()).length === 0);
      },
    );

    test('a bare Pod comes back as another Pod of the same manifest', async () => {
      const { call, cluster } = use();
      const { namespace, persistentVolumeClaim } = home();
      const name = 'alone';
      await cluster.apply(pod(namespace, name, podSpec(persistentVolumeClaim)));
      await cluster.podIsReady(namespace, name);
      const before = await cluster.core.readNamespacedPod({ namespace, name });
      const operation = { ...newOperation(), ...home(), workload: await saved('Pod', name) };
      await call(WorkloadQuiesce, { ...operation, deadlineSeconds });
      expect(await users()).toEqual([]);
      await call(WorkloadResume, operation);
      await cluster.podIsReady(namespace, name);
      const after = await cluster.core.readNamespacedPod({ namespace, name });
      expect(after.metadata?.uid).not.toBe(before.metadata?.uid);
      expect(after.metadata?.labels).toEqual(before.metadata?.labels);
      expect(after.spec?.containers.map(({ image }) => image)).toEqual(
        before.spec?.containers.map(({ image }) => image),
      );
      const again = await call(WorkloadResume, operation);
      expect(again.conflict).toBeUndefined();
      await cluster.core.deleteNamespacedPod({ namespace, name });
      await cluster.podIsGone(namespace, name);
    });

    test('a bare Pod that was resumed before it was quiesced is not taken away by the quiesce that comes late', async () => {
      const { call, cluster } = use();
      const { namespace, persistentVolumeClaim } = home();
      const name = 'kept';
      await cluster.apply(pod(namespace, name, podSpec(persistentVolumeClaim)));
      await cluster.podIsReady(namespace, name);
      const operation = { ...newOperation(), ...home(), workload: await saved('Pod', name) };
      await call(WorkloadResume, operation);
      const error = await errorOf(call(WorkloadQuiesce, { ...operation, deadlineSeconds }));
      expect(error.code).toBe('operation_superseded');
      const { metadata } = await cluster.core.readNamespacedPod({ namespace, name });
      expect(metadata).toMatchObject({ uid: operation.workload.uid });
      expect(metadata?.deletionTimestamp).toBeUndefined();
      await cluster.core.deleteNamespacedPod({ namespace, name });
      await cluster.podIsGone(namespace, name);
    });

    test('a Pod that does not end is named when the time is over', async () => {
      const { call, cluster } = use();
      const { namespace, persistentVolumeClaim } = home();
      const name = 'stubborn';
      const stubborn = pod(namespace, name, podSpec(persistentVolumeClaim));
      await cluster.apply({ ...stubborn, metadata: { namespace, name, finalizers: ['example.org/hold'] } });
      await cluster.podIsReady(namespace, name);
      const operation = { ...newOperation(), ...home(), workload: await saved('Pod', name) };
      // A Pod that has ended uses nothing, whatever its finalizers: another one holds the volume here.
      await cluster.apply(pod(namespace, 'holder', podSpec(persistentVolumeClaim)));
      await cluster.podIsReady(namespace, 'holder');
      const error = await errorOf(call(WorkloadQuiesce, { ...operation, deadlineSeconds: 5 }));
      expect(error.code).toBe('workload_not_gone');
      expect(error.message).toContain('holder');
      await cluster.core.deleteNamespacedPod({ namespace, name: 'holder' });
      const release = { metadata: { finalizers: null } };
      await cluster.core.patchNamespacedPod({ namespace, name, body: release }, mergePatch);
      await cluster.podIsGone(namespace, name);
      await cluster.podIsGone(namespace, 'holder');
    });

    test('a workload of the same name that is another one is refused', async () => {
      const workloadOfOther = { ...(await saved('Deployment', 'orders')), uid: randomUUID() };
      const operation = { ...newOperation(), ...home(), workload: workloadOfOther };
      const error = await errorOf(use().call(WorkloadQuiesce, { ...operation, deadlineSeconds: 5 }));
      expect(['workload_not_found', 'workload_conflict']).toContain(error.code);
    });
  });
}
