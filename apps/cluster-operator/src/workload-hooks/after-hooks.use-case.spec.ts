import { WorkloadRunHooks } from '@snapfleet/contracts';
import { KubernetesApiError } from '@snapfleet/kubernetes';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { RunningSteps } from '../marks/running-steps.js';
import { fencingToken, laterFencingToken, never, now, operationId, otherOperationId } from '../testing/samples.js';
import { RunHooksUseCase } from './run-hooks.use-case.js';
import {
  cluster,
  guard,
  endedAt,
  key,
  restart,
  program,
  execs,
  run,
  refusedAs,
  hooked,
  prepareCluster,
  refuseNotes,
} from './hooks-under-test.js';

beforeEach(prepareCluster);

describe('after the cut', () => {
  const pods = [hooked('orders-1', 'app'), hooked('orders-2', 'app')];

  test('the note is there before a hook runs, once for each operation, and changes nothing else', async () => {
    await run('after', [{ command: ['unlock'] }]);
    await run('after', [{ command: ['unlock'] }]);
    const note = `{"metadata":{"annotations":{"snapfleet.io/fencing-token":"${String(fencingToken)}"}}}`;
    expect(cluster.writes).toEqual([
      `patch Pod orders-1 ${note}`,
      `patch Pod orders-2 ${note}`,
      'exec orders-1/app unlock',
      'exec orders-2/app unlock',
      'exec orders-1/app unlock',
      'exec orders-2/app unlock',
    ]);
  });

  test('without hooks the note is left all the same', async () => {
    await expect(run('after', [])).resolves.toMatchObject({ endedAt, gone: [], failures: [] });
    await expect(run('before', [{ command: ['lock'] }])).rejects.toMatchObject(refusedAs('operation_superseded'));
  });

  test('hooks of before the cut that come later are refused, those of a later operation run', async () => {
    await run('after', [{ command: ['unlock'] }]);
    cluster.writes.length = 0;
    const late = run('before', [{ command: ['lock'] }]);
    await expect(late).rejects.toMatchObject({ ...refusedAs('operation_superseded'), retryable: false });
    expect(execs()).toEqual([]);
    await run('before', [{ command: ['lock'] }], { operation: otherOperationId, token: laterFencingToken });
    expect(execs()).toHaveLength(2);
  });

  test('a hook of another process that has begun before the note is told as superseded at its end', async () => {
    const other = new RunHooksUseCase(cluster, new RunningSteps(), guard, now);
    program('lock', async ({ metadata }) => {
      const command = { operationId, fencingToken, namespace: 'shop', moment: 'after', pods, hooks: [] };
      if (metadata.name === 'orders-2') await other.run(WorkloadRunHooks.data.parse(command), never);
      return {};
    });
    await expect(run('before', [{ command: ['lock'] }])).rejects.toMatchObject(refusedAs('operation_superseded'));
    expect(execs()).toHaveLength(2);
  });

  test('what still runs of before the cut in this process is ended, and awaited, before the first hook', async () => {
    const begun = Promise.withResolvers<undefined>();
    const order: string[] = [];
    program('lock', async (_pod, _words, signal) => {
      begun.resolve(undefined);
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
      order.push('lock is ended');
      return {};
    });
    program('unlock', () => {
      order.push('unlock');
      return Promise.resolve({});
    });
    const before = expect(run('before', [{ command: ['lock'] }])).rejects.toMatchObject(
      refusedAs('operation_superseded'),
    );
    await begun.promise;
    await run('after', [{ command: ['unlock'] }]);
    await before;
    expect(order).toEqual(['lock is ended', 'unlock', 'unlock']);
  });

  test('where the note cannot be left, what runs is ended and the command fails', async () => {
    vi.spyOn(cluster.pods, 'patch').mockRejectedValue(new KubernetesApiError(0, 'NoAnswer', 'down'));
    await expect(run('after', [{ command: ['unlock'] }])).rejects.toThrow('down');
    expect(execs()).toEqual([]);
  });

  test.each([403, 422, 500])(
    'a note that is refused with %i holds the hooks back twice, and not a third time',
    async (status) => {
      refuseNotes(status);
      const hooks = [{ command: ['unlock'] }];
      for (const failedBefore of [undefined, 1]) {
        const held = run('after', hooks, failedBefore === undefined ? {} : { failedBefore });
        await expect(held).rejects.toMatchObject(refusedAs('hooks_unsupported', 'refuses the note on Pod orders-1'));
      }
      expect(execs()).toEqual([]);
      const reply = await run('after', hooks, { failedBefore: 2 });
      expect(execs()).toHaveLength(2);
      expect(reply).toMatchObject({ unproven: expect.stringContaining('a policy refuses changes of Pods') as string });
    },
  );

  test('the Pods on which it is not refused have the note', async () => {
    const patch = cluster.pods.patch.bind(cluster.pods);
    vi.spyOn(cluster.pods, 'patch').mockImplementation((key, ...rest) =>
      key.name === 'orders-1' ? Promise.reject(new KubernetesApiError(403, 'Forbidden', 'no')) : patch(key, ...rest),
    );
    await run('after', [{ command: ['unlock'] }], { failedBefore: 2 });
    expect(cluster.writes.filter((write) => write.startsWith('patch'))).toEqual([
      expect.stringContaining('orders-2') as string,
    ]);
  });

  test('Pods that may not be listed hold no hook back: what came meanwhile is then not known', async () => {
    vi.spyOn(cluster.pods, 'list').mockRejectedValue(new KubernetesApiError(403, 'Forbidden', 'may not list'));
    const reply = await run('after', [{ command: ['unlock'] }]);
    expect(execs()).toHaveLength(2);
    expect(reply).toMatchObject({ unhooked: [], unproven: expect.stringContaining('may not list') as string });
  });

  test('every hook runs although one and the failure is told at the end', async () => {
    program('unlock', ({ metadata }) => Promise.resolve({ exitCode: metadata.name === 'orders-1' ? 1 : 0 }));
    const failed = run('after', [{ command: ['unlock'] }, { command: ['notify'] }]);
    await expect(failed).rejects.toMatchObject(
      refusedAs('hook_failed', /^unlock in Pod orders-1, container app: exit code 1$/),
    );
    expect(execs()).toHaveLength(4);
    const hooks = [{ command: ['unlock'], onError: 'continue' as const }];
    await expect(run('after', hooks)).resolves.toMatchObject({
      failures: ['unlock in Pod orders-1, container app: exit code 1'],
    });
  });

  test('Pods that are gone, and containers that were started again, are told; hooks run in what is there', async () => {
    cluster.pods.objects.delete('shop/orders-1');
    restart('orders-2');
    const { gone } = await run('after', [{ command: ['unlock'] }], { pods });
    expect(gone).toEqual(pods);
    expect(execs()).toEqual(['exec orders-2/app unlock']);
  });

  test('a Pod that goes while its hook runs is no failure', async () => {
    program('unlock', ({ metadata }) => {
      cluster.pods.objects.delete(`shop/${metadata.name}`);
      return Promise.reject(new KubernetesApiError(404, 'NotFound', 'gone'));
    });
    await expect(run('after', [{ command: ['unlock'] }], { pods })).resolves.toMatchObject({ gone: [], failures: [] });
  });

  test('a container that does not run is waited for by trying again', async () => {
    cluster.pods.change(key('orders-1'), { status: { containerStatuses: [{ name: 'app', state: { waiting: {} } }] } });
    await expect(run('after', [{ command: ['unlock'] }], { pods })).rejects.toMatchObject(
      refusedAs('hook_failed', 'does not run'),
    );
  });

  test('without knowledge of containers, which is so when the hooks before failed, only Pods are compared', async () => {
    restart('orders-2');
    await expect(run('after', [{ command: ['unlock'] }])).resolves.toMatchObject({ gone: [] });
  });
});
