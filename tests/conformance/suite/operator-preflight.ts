import { ClaimPreflight } from '@snapfleet/contracts';
import { describe, expect, test } from 'vitest';
import { claim, pod, podSpec, workload } from './manifests.js';
import type { OperatorUnderTest } from './operator-client.js';

/** Where the volume of a suite is. */
export interface Home {
  readonly namespace: string;
  readonly persistentVolumeClaim: string;
}

const cold = (kind: 'Deployment' | 'Pod', name: string) => ({ level: 'cold', workload: { kind, name } }) as const;

/** What the cluster operator finds before anything is changed. */
export function describePreflight(use: () => OperatorUnderTest, home: () => Home): void {
  describe('preflight', () => {
    const codesOf = async (data: Parameters<typeof check>[0]) => {
      const reply = await check(data);
      return reply.passed ? [] : reply.findings.map(({ code }) => code);
    };
    const check = (data: Home & { quiesce?: ReturnType<typeof cold>; volumeSnapshotClassName?: string }) =>
      use().call(ClaimPreflight, { quiesce: { level: 'none' }, ...data });

    test('passes with all that later steps need to know', async () => {
      const { cluster } = use();
      const quiesce = cold('Deployment', 'orders');
      const reply = await check({ ...home(), quiesce });
      const { namespace, persistentVolumeClaim: name } = home();
      const { metadata, spec } = await cluster.core.readNamespacedPersistentVolumeClaim({ namespace, name });
      const { metadata: workloadMetadata } = await cluster.apps.readNamespacedDeployment({ namespace, name: 'orders' });
      expect(reply).toMatchObject({
        passed: true,
        claim: {
          uid: metadata?.uid,
          volumeName: spec?.volumeName,
          volumeHandle: await cluster.handleOf(namespace, name),
          storageClassName: 'topolvm-provisioner-thin',
          deviceClass: 'thin',
          capacityBytes: 320 << 20,
          volumeMode: 'Filesystem',
          accessModes: ['ReadWriteOnce'],
          nodeName: 'device',
        },
        volumeSnapshotClassName: 'topolvm-snapclass',
        deletionPolicy: 'Delete',
        workload: { kind: 'Deployment', name: 'orders', uid: workloadMetadata?.uid, replicas: 1 },
      });
    });

    test('names everything that is missing at once', async () => {
      const missing = {
        namespace: home().namespace,
        persistentVolumeClaim: 'absent',
        quiesce: cold('Deployment', 'absent'),
        volumeSnapshotClassName: 'absent',
      };
      const codes = await codesOf(missing);
      expect(codes.toSorted()).toEqual(['pvc_not_found', 'snapshot_class_not_found', 'workload_not_found']);
    });

    test('finds a claim that is not bound, and one that is being deleted', async () => {
      const { cluster } = use();
      const { namespace } = home();
      const waiting = claim(namespace, 'waiting');
      const finalizers = ['example.org/hold'];
      const held = { ...claim(namespace, 'held'), metadata: { namespace, name: 'held', finalizers } };
      await cluster.apply(waiting, held);
      await cluster.core.deleteNamespacedPersistentVolumeClaim({ namespace, name: 'held' });
      expect(await codesOf({ namespace, persistentVolumeClaim: 'waiting' })).toEqual(['pvc_not_bound']);
      const codes = await codesOf({ namespace, persistentVolumeClaim: 'held' });
      expect(codes).toContain('pvc_terminating');
      await cluster.apply({ ...held, metadata: { namespace, name: 'held', finalizers: null } });
      await cluster.claimIsGone(namespace, 'held');
    });

    test('finds another user of the claim, and a workload that does not use it', async () => {
      const { cluster } = use();
      const { namespace, persistentVolumeClaim } = home();
      await cluster.apply(
        pod(namespace, 'intruder', podSpec(persistentVolumeClaim)),
        workload('Deployment', namespace, 'stranger', 0),
      );
      await cluster.podIsReady(namespace, 'intruder');
      expect(await codesOf({ ...home(), quiesce: cold('Deployment', 'orders') })).toEqual(['workload_conflict']);
      expect(await codesOf({ ...home(), quiesce: cold('Deployment', 'stranger') })).toContain('workload_not_found');
      await cluster.core.deleteNamespacedPod({ namespace, name: 'intruder' });
      await cluster.podIsGone(namespace, 'intruder');
    });
  });
}
