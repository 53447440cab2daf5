import { randomUUID } from 'node:crypto';
import { ClaimPreflight, GuardReport, WorkloadQuiesce, WorkloadResume, type SavedWorkload } from '@snapfleet/contracts';
import { describe, expect, test } from 'vitest';
import { orAbsent } from './cluster.js';
import { nextFencingToken } from './fencing-tokens.js';
import { pod, podSpec } from './manifests.js';
import { errorOf, type OperatorUnderTest } from './operator-client.js';
import type { Home } from './operator-preflight.js';

const deadlineSeconds = 100;

/** Which bare Pods are not taken away, because they could not be brought back or are not what they were. */
export function describeBarePods(use: () => OperatorUnderTest, home: () => Home): void {
  describe('bare Pods', () => {
    const preflight = (name: string) =>
      use().call(ClaimPreflight, { ...home(), quiesce: { level: 'cold', workload: { kind: 'Pod', name } } });
    const saved = async (name: string): Promise<SavedWorkload> => {
      const reply = await preflight(name);
      if (!reply.passed || reply.workload === undefined) throw new Error(JSON.stringify(reply));
      return reply.workload;
    };
    const operationOn = async (name: string) => ({
      operationId: randomUUID(),
      fencingToken: nextFencingToken(),
      ...home(),
      workload: await saved(name),
    });

    test('one that the API server would not admit again is refused before anything is touched', async () => {
      const { call, cluster } = use();
      const { namespace, persistentVolumeClaim } = home();
      const name = 'once';
      await cluster.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } });
      await cluster.apply(pod(namespace, name, podSpec(persistentVolumeClaim, { serviceAccountName: name })));
      await cluster.podIsReady(namespace, name);
      const operation = await operationOn(name);
      const { armed } = await call(GuardReport, {});
      await cluster.core.deleteNamespacedServiceAccount({ namespace, name });
      const reply = await cluster.until('the preflight does not pass', async () => {
        const answer = await preflight(name);
        return answer.passed ? undefined : answer;
      });
      const refused = {
        code: 'workload_not_recreatable',
        message: expect.stringContaining('service account') as string,
      };
      expect(reply.findings).toMatchObject([refused]);
      expect(await errorOf(call(WorkloadQuiesce, { ...operation, deadlineSeconds }))).toMatchObject(refused);
      expect((await call(GuardReport, {})).armed).toBe(armed);
      expect((await call(WorkloadResume, operation)).conflict).toBeUndefined();
      const { metadata } = await cluster.core.readNamespacedPod({ namespace, name });
      expect(metadata).toMatchObject({ uid: operation.workload.uid });
      expect(metadata?.deletionTimestamp).toBeUndefined();
      await cluster.core.deleteNamespacedPod({ namespace, name });
      await cluster.podIsGone(namespace, name);
    });

    test('one that somebody deletes before it is quiesced stays deleted', async () => {
      const { call, cluster } = use();
      const { namespace, persistentVolumeClaim } = home();
      const name = 'leaving';
      await cluster.apply(pod(namespace, name, podSpec(persistentVolumeClaim)));
      await cluster.podIsReady(namespace, name);
      const operation = await operationOn(name);
      await cluster.core.deleteNamespacedPod({ namespace, name });
      await cluster.podIsGone(namespace, name);
      const error = await errorOf(call(WorkloadQuiesce, { ...operation, deadlineSeconds }));
      expect(error.code).toBe('workload_not_found');
      expect(await call(WorkloadResume, operation)).toMatchObject({ conflict: expect.any(String) as string });
      expect(await orAbsent(cluster.core.readNamespacedPod({ namespace, name }))).toBeUndefined();
    });
  });
}
