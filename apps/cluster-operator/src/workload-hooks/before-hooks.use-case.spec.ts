import { KubernetesApiError } from '@snapfleet/kubernetes';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  cluster,
  endedAt,
  uidOf,
  key,
  putPod,
  restart,
  program,
  fails,
  execs,
  run,
  refusedAs,
  hooked,
  crashAndStart,
  prepareCluster,
  refuseNotes,
} from './hooks-under-test.js';

beforeEach(prepareCluster);

describe('before the cut', () => {
  test('each hook runs in order, in each Pod, and the containers are told in which they ran', async () => {
    putPod('orders-1', { containers: ['app', 'sidecar'] });
    const reply = await run('before', [{ command: ['flush'] }, { command: ['lock'], container: 'app' }]);
    expect(execs()).toEqual([
      'exec orders-1/app flush',
      'exec orders-2/app flush',
      'exec orders-1/app lock',
      'exec orders-2/app lock',
    ]);
    const pods = [hooked('orders-1', 'app'), hooked('orders-2', 'app')];
    expect(reply).toEqual({ endedAt, pods, failures: [], gone: [], unhooked: [] });
  });

  test.each([403, 422, 500])('nothing begins where the note that ends it is refused with %i', async (status) => {
    refuseNotes(status);
    const timer = { workload: { kind: 'Deployment', name: 'orders' }, hooks: [{ command: ['unlock'] }] };
    await expect(run('before', [{ command: ['lock'] }], { timer })).rejects.toMatchObject({
      ...refusedAs('hooks_unsupported', 'refuses the note on Pod orders-1: a policy refuses changes of Pods'),
      retryable: status === 500,
    });
    expect(cluster.writes).toEqual([]);
  });

  test('that the note can be left is tried without leaving it', async () => {
    await run('before', [{ command: ['lock'] }]);
    await expect(run('before', [{ command: ['lock'] }])).resolves.toMatchObject({ failures: [] });
    expect(cluster.writes.filter((write) => write.startsWith('patch'))).toEqual([]);
  });

  test('a hook that fails ends the run, and what it said is told without its arguments', async () => {
    program('lock', fails(3, 'no route to geheim'));
    const failed = run('before', [{ command: ['lock', 'geheim'] }, { command: ['flush'] }]);
    await expect(failed).rejects.toMatchObject({
      ...refusedAs('hook_failed', 'lock in Pod orders-1, container app: exit code 3: no route to …'),
      retryable: true,
    });
    expect(execs()).toEqual(['exec orders-1/app lock']);
  });

  test('with onError continue the others run, and each failure is told', async () => {
    program('lock', fails(1));
    const { failures } = await run('before', [{ command: ['lock'], onError: 'continue' }, { command: ['flush'] }]);
    expect(failures).toEqual([
      'lock in Pod orders-1, container app: exit code 1',
      'lock in Pod orders-2, container app: exit code 1',
    ]);
    expect(execs()).toHaveLength(4);
  });

  test('a hook over its time counts as failed, and may still run', async () => {
    program('lock', () => new Promise(() => undefined));
    const late = run('before', [{ command: ['lock'], timeoutSeconds: 1 }]);
    await expect(late).rejects.toMatchObject(
      refusedAs('hook_failed', 'did not end within 1 s, and may still run there: half of it'),
    );
  });

  test('a hook that the API server does not run counts as failed', async () => {
    program('lock', () => Promise.reject(new KubernetesApiError(403, 'Forbidden', 'may not exec')));
    await expect(run('before', [{ command: ['lock'] }])).rejects.toMatchObject(
      refusedAs('hook_failed', 'may not exec'),
    );
  });

  test('a container that is not there, or does not run, is a failure of the hook', async () => {
    await expect(run('before', [{ command: ['lock'], container: 'absent' }])).rejects.toMatchObject(
      refusedAs('hook_failed', 'container absent: there is no such container'),
    );
    cluster.pods.change(key('orders-1'), { status: { containerStatuses: [{ name: 'app', state: { waiting: {} } }] } });
    await expect(run('before', [{ command: ['lock'] }])).rejects.toMatchObject(
      refusedAs('hook_failed', 'does not run'),
    );
    expect(execs()).toEqual([]);
  });

  test.each([
    ['deleted', () => cluster.pods.objects.delete('shop/orders-1')],
    [
      'another one by now',
      () => {
        putPod('orders-1', { uid: uidOf('another') });
      },
    ],
    [
      'ended',
      () => {
        cluster.pods.change(key('orders-1'), { status: { phase: 'Failed' } });
      },
    ],
    [
      'being deleted',
      () => {
        cluster.pods.change(key('orders-1'), { metadata: { deletionTimestamp: 'now', finalizers: ['x'] } });
      },
    ],
  ])('in a Pod that is %s no hook runs, and it is told', async (_what, change) => {
    change();
    const reply = await run('before', [{ command: ['lock'] }]);
    expect(execs()).toEqual(['exec orders-2/app lock']);
    expect(reply.gone).toEqual([hooked('orders-1')]);
  });

  test('a Pod that goes while its hook runs is told as gone, a container that ends as a failure', async () => {
    program('lock', ({ metadata }) => {
      if (metadata.name === 'orders-1') cluster.pods.objects.delete('shop/orders-1');
      return Promise.resolve({ exitCode: metadata.name === 'orders-1' ? 137 : 0 });
    });
    expect((await run('before', [{ command: ['lock'] }])).gone).toEqual([hooked('orders-1', 'app')]);
    putPod('orders-1');
    program('crash', () => {
      restart('orders-1');
      return Promise.resolve({ exitCode: 137 });
    });
    await expect(run('before', [{ command: ['crash'] }])).rejects.toMatchObject(refusedAs('hook_failed', '137'));
  });

  test('a container that was started again after its hook has forgotten it', async () => {
    program('flush', () => {
      restart('orders-1');
      return Promise.resolve({});
    });
    const hooks = [{ command: ['lock'] }, { command: ['flush'] }, { command: ['sync'] }];
    const { gone, failures } = await run('before', hooks);
    expect(gone).toEqual([hooked('orders-1', 'app')]);
    expect(failures).toEqual([]);
    expect(execs()).not.toContain('exec orders-1/app sync');
  });

  test('a container that was started again after its last hook is told as well', async () => {
    program('lock', ({ metadata }) => {
      if (metadata.name === 'orders-2') restart('orders-1');
      return Promise.resolve({});
    });
    expect((await run('before', [{ command: ['lock'] }])).gone).toEqual([hooked('orders-1', 'app')]);
  });

  test('a Pod that came meanwhile and uses the volume is told; one that waits for a node is not', async () => {
    putPod('orders-3');
    putPod('orders-4', { phase: 'Succeeded' });
    putPod('orders-5');
    cluster.pods.change(key('orders-5'), { spec: { nodeName: null } });
    expect((await run('before', [{ command: ['lock'] }])).unhooked).toEqual(['orders-3']);
  });

  test('run again after a crash in the middle, every hook runs again', async () => {
    program('lock', () => Promise.reject(new Error('the process ends here')));
    await expect(run('before', [{ command: ['flush'] }, { command: ['lock'] }])).rejects.toThrow();
    cluster.pods.programs.clear();
    cluster.writes.length = 0;
    crashAndStart();
    await expect(run('before', [{ command: ['flush'] }, { command: ['lock'] }])).resolves.toMatchObject({ gone: [] });
    expect(execs()).toHaveLength(4);
  });

  test('asked for again while it runs, it runs once', async () => {
    const replies = await Promise.all([run('before', [{ command: ['lock'] }]), run('before', [{ command: ['lock'] }])]);
    expect(replies[0]).toEqual(replies[1]);
    expect(execs()).toHaveLength(2);
  });
});
