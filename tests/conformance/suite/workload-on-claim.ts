import { ClaimPreflight, type SavedWorkload } from '@snapfleet/contracts';
import type { V1Pod } from '@kubernetes/client-node';
import type { OperatorUnderTest } from './operator-client.js';
import type { Home } from './operator-preflight.js';

interface WorkloadOnClaim {
  readonly saved: (kind: SavedWorkload['kind'], name: string) => Promise<SavedWorkload>;
  readonly users: () => Promise<V1Pod[]>;
  readonly ready: (count: number) => Promise<unknown>;
}

/** What suites ask of the workloads and Pods that use the claim. */
export function workloadOn(use: () => OperatorUnderTest, home: () => Home): WorkloadOnClaim {
  const saved = async (kind: SavedWorkload['kind'], name: string): Promise<SavedWorkload> => {
    const quiesce = { level: 'cold', workload: { kind, name } } as const;
    const reply = await use().call(ClaimPreflight, { ...home(), quiesce });
    if (!reply.passed || reply.workload === undefined) throw new Error(JSON.stringify(reply));
    return reply.workload;
  };
  const users = async () => {
    const { namespace, persistentVolumeClaim } = home();
    const { items } = await use().cluster.core.listNamespacedPod({ namespace });
    return items.filter(({ spec }) =>
      spec?.volumes?.some((volume) => volume.persistentVolumeClaim?.claimName === persistentVolumeClaim),
    );
  };
  const ready = (count: number) =>
    use().cluster.until(`${String(count)} Pods use the volume`, async () => {
      const running = (await users()).filter(({ status }) => status?.phase === 'Running');
      return running.length === count;
    });
  return { saved, users, ready };
}
