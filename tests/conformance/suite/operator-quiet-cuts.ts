import { randomUUID } from 'node:crypto';
import { ClaimPreflight, SnapshotRemove, SnapshotTake, WorkloadQuiesce, WorkloadResume } from '@snapfleet/contracts';
import { beforeAll, describe, expect, test } from 'vitest';
import { mergePatch } from './cluster.js';
import { nextFencingToken } from './fencing-tokens.js';
import type { OperatorUnderTest } from './operator-client.js';
import type { Home } from './operator-preflight.js';
import { workloadOn } from './workload-on-claim.js';

const deadlineSeconds = 100;

/** What a cut tells of who may have written meanwhile. */
export function describeQuietCuts(use: () => OperatorUnderTest, home: () => Home): void {
  describe('cuts that were to be quiet', () => {
    const { saved, users, ready } = workloadOn(use, home);
    const scale = (replicas: number) => {
      const { namespace } = home();
      const body = { spec: { replicas } };
      return use().cluster.apps.patchNamespacedDeploymentScale({ namespace, name: 'orders', body }, mergePatch);
    };

    // What is tested before may have left it at 0.
    beforeAll(async () => {
      await scale(1);
      await ready(1);
    });

    test('a cut tells whether a Deployment that is away was changed meanwhile, and takes its own return for none', async () => {
      const { call, cluster } = use();
      const preflight = await call(ClaimPreflight, { ...home(), quiesce: { level: 'none' } });
      if (!preflight.passed) throw new Error(JSON.stringify(preflight.findings));
      const operation = {
        operationId: randomUUID(),
        fencingToken: nextFencingToken(),
        ...home(),
        workload: await saved('Deployment', 'orders'),
      };
      const { operationId, fencingToken } = operation;
      const { generation, endedPodUids } = await call(WorkloadQuiesce, { ...operation, deadlineSeconds });
      const { kind, name, uid } = operation.workload;
      const restorePointId = randomUUID();
      const disturbances = async (left = generation) => {
        const quiet = { operationId, endedPodUids, workload: { kind, name, uid, generation: left } };
        const about = { restorePointId, fencingToken, ...home(), claimUid: preflight.claim.uid, quiet };
        const wish = { volumeSnapshotClassName: 'topolvm-snapclass', readyDeadlineSeconds: deadlineSeconds };
        return (await call(SnapshotTake, { ...about, ...wish })).disturbances;
      };
      expect(await disturbances()).toEqual([]);
      await scale(1);
      await scale(0);
      await cluster.until('nobody uses the volume', async () => (await users()).length === 0);
      expect(await disturbances()).toEqual([expect.stringContaining('was changed by somebody else')]);
      await call(WorkloadResume, operation);
      await ready(1);
      expect(await disturbances((generation ?? 0) + 2)).toEqual([]);
      expect(await disturbances()).toEqual([expect.stringContaining('was changed by somebody else')]);
      // Without a token, for those of the snapshots that come later are lower.
      await call(SnapshotRemove, { restorePointId, ...home(), purge: true, deadlineSeconds });
    });
  });
}
