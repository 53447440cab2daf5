import { randomUUID } from 'node:crypto';
import { ClaimPreflight, WorkloadRunHooks, type DataInputOf, type WritingPod } from '@snapfleet/contracts';
import { beforeAll, describe, expect, test } from 'vitest';
import { grantHooks } from '../../support/hooks-role.js';
import { waitUntil } from '../../support/wait-until.js';
import { mergePatch } from './cluster.js';
import { nextFencingToken } from './fencing-tokens.js';
import { errorOf, type OperatorUnderTest } from './operator-client.js';
import type { Home } from './operator-preflight.js';

type Command = DataInputOf<typeof WorkloadRunHooks>;
type Hooks = Command['hooks'];

const touch: Hooks = [{ command: ['touch', '/data/marker'], container: 'app' }];
const guardMs = 30_000;
const remove: Hooks = [{ command: ['rm', '-f', '/data/marker'] }];

/** How commands run in the Pods of a workload before and after the cut. */
export function describeHooks(use: () => OperatorUnderTest, home: () => Home): void {
  describe('hooks', () => {
    let pods: WritingPod[];
    const run = (moment: Command['moment'], hooks: Hooks, more: Partial<Command> = {}) =>
      use().call(WorkloadRunHooks, {
        operationId: randomUUID(),
        fencingToken: nextFencingToken(),
        namespace: home().namespace,
        moment,
        pods,
        hooks,
        persistentVolumeClaims: [home().persistentVolumeClaim],
        ...more,
      });
    const marked = async (): Promise<boolean> => 'marker' in (await use().device.readFiles(home()));
    const preflight = (container: string) =>
      use().call(ClaimPreflight, {
        ...home(),
        quiesce: {
          level: 'hooks',
          workload: { kind: 'Deployment', name: 'orders' },
          before: [{ command: ['true'], container }],
        },
      });

    beforeAll(async () => {
      await grantHooks(use().device, home().namespace);
      const reply = await preflight('app');
      if (!reply.passed) throw new Error(JSON.stringify(reply.findings));
      pods = reply.pods;
    });

    test('the preflight names the Pods of the workload, and a container that they do not have', async () => {
      expect(pods).toEqual([{ name: expect.stringMatching(/^orders-/) as string, uid: expect.any(String) as string }]);
      const reply = await preflight('absent');
      expect(reply).toMatchObject({ passed: false, findings: [{ code: 'hooks_unsupported' }] });
    });

    test('what a hook does before the cut, another one undoes after it; then it comes too late', async () => {
      const operation = { operationId: randomUUID(), fencingToken: nextFencingToken() };
      const before = await run('before', touch, operation);
      expect(before).toMatchObject({ failures: [], gone: [], unhooked: [] });
      expect(before.pods).toMatchObject([{ name: pods[0]?.name, containers: [{ name: 'app' }] }]);
      expect(await marked()).toBe(true);
      const after = await run('after', remove, { ...operation, pods: before.pods });
      expect(after).toMatchObject({ failures: [], gone: [], unhooked: [] });
      expect(await marked()).toBe(false);
      expect((await errorOf(run('before', touch, operation))).code).toBe('operation_superseded');
      expect(await marked()).toBe(false);
    });

    test('what nobody undoes in time the workload guard does, which is told', async () => {
      const { guard } = use();
      await guard.kill9();
      await guard.start({ SNAPFLEET_LONGEST_DOWNTIME_SECONDS: '3' });
      const operation = { operationId: randomUUID(), fencingToken: nextFencingToken() };
      const timer = { workload: { kind: 'Deployment' as const, name: 'orders' } };
      const before = await run('before', touch, { ...operation, timer: { ...timer, hooks: remove } });
      // A file that goes while it is read is looked for again.
      const undone = () =>
        marked().then(
          (found) => !found,
          () => false,
        );
      await waitUntil('the guard has undone it', undone, { deadlineMs: guardMs });
      const late = run('before', touch, { ...operation, timer: { ...timer, hooks: remove } });
      expect((await errorOf(late)).code).toBe('operation_superseded');
      const after = await run('after', remove, { ...operation, pods: before.pods, timer });
      expect(after).toMatchObject({ failures: [], gone: [], broughtBack: { by: 'dead-man-timer' } });
      await guard.kill9();
      await guard.start();
    });

    test('a hook that fails, or takes too long, is told with what it said', async () => {
      const failed = await errorOf(run('before', [{ command: ['cat', '/data/absent'] }]));
      expect(failed).toMatchObject({ code: 'hook_failed', retryable: true });
      expect(failed.message).toMatch(/^cat in Pod orders-\S+, container app: exit code 1: cat: …: No such file/);
      const late = [{ command: ['sleep', '600'], timeoutSeconds: 1, onError: 'continue' as const }];
      const { failures } = await run('before', [...late, ...touch]);
      expect(failures).toEqual([expect.stringContaining('did not end within 1 s') as string]);
      expect(await marked()).toBe(true);
      await run('after', remove);
    });

    test('a container that was started again, and a Pod that is gone, are told', async () => {
      const { namespace } = home();
      const before = await run('before', touch);
      const name = pods[0]?.name ?? '';
      const { status } = await use().cluster.core.readNamespacedPod({ namespace, name });
      const restarted = status?.containerStatuses?.map((one) => ({ ...one, containerID: 'x://2', restartCount: 1 }));
      const body = { status: { containerStatuses: restarted } };
      await use().cluster.core.patchNamespacedPodStatus({ namespace, name, body }, mergePatch);
      const after = await run('after', remove, { pods: before.pods });
      expect(after.gone).toEqual(before.pods);
      expect(await marked()).toBe(false);
      const [pod] = before.pods;
      if (pod === undefined) throw new Error('no Pod');
      const replaced = [{ ...pod, uid: randomUUID() }];
      const elsewhere = await run('before', touch, { pods: replaced });
      expect(elsewhere.gone).toMatchObject([{ uid: replaced[0]?.uid }]);
      expect(elsewhere.unhooked).toEqual([pod.name]);
      expect(await marked()).toBe(false);
    });
  });
}
