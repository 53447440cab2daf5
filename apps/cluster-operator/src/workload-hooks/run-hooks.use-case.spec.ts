import {
  deterministicUuid,
  WorkloadRunHooks,
  type DataInputOf,
  type ErrorCode,
  type WritingPod,
} from '@snapfleet/contracts';
import { KubernetesApiError } from '@snapfleet/kubernetes';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { RunningSteps } from '../marks/running-steps.js';
import { FakeCluster } from '../testing/fake-cluster.js';
import type { FakeProgram } from '../testing/fake-pods.js';
import { never, now, operationId, otherOperationId } from '../testing/samples.js';
import { RunHooksUseCase } from './run-hooks.use-case.js';

type Hook = DataInputOf<typeof WorkloadRunHooks>['hooks'][number];

let cluster: FakeCluster;
let useCase: RunHooksUseCase;
const endedAt = '2026-11-23T12:00:00.000Z';
const uidOf = (name: string): string => deterministicUuid(name);
const key = (name: string) => ({ namespace: 'shop', name });

function putPod(name: string, more: { uid?: string; phase?: string; containers?: string[] } = {}): void {
  const { uid = uidOf(name), phase = 'Running', containers = ['app'] } = more;
  cluster.pods.put({
    metadata: { ...key(name), uid },
    spec: {
      nodeName: 'device',
      containers: containers.map((container) => ({ name: container })),
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'orders' } }],
    },
    status: { phase, containerStatuses: containers.map((container) => started(container, 1)) },
  } as never);
}

const started = (container: string, time: number) => ({
  name: container,
  containerID: `fake://${container}-${String(time)}`,
  state: { running: {} },
});

/** The only container of a Pod is started again. */
const restart = (name: string): void => {
  cluster.pods.change(key(name), { status: { containerStatuses: [started('app', 2)] } });
};

const program = (name: string, play: FakeProgram): unknown => cluster.pods.programs.set(name, play);
const fails =
  (exitCode: number, stderr = ''): FakeProgram =>
  () =>
    Promise.resolve({ exitCode, stderr });
const execs = (): string[] => cluster.writes.filter((write) => write.startsWith('exec'));

function run(moment: 'before' | 'after', hooks: readonly Hook[], more: { operation?: string; pods?: unknown } = {}) {
  const named = [
    { name: 'orders-1', uid: uidOf('orders-1') },
    { name: 'orders-2', uid: uidOf('orders-2') },
  ];
  const command = WorkloadRunHooks.data.parse({
    operationId: more.operation ?? operationId,
    namespace: 'shop',
    moment,
    pods: more.pods ?? named,
    hooks,
    persistentVolumeClaims: ['orders'],
  });
  return useCase.run(command, never);
}

const refusedAs = (code: ErrorCode, message: string | RegExp = '') => ({
  code,
  message: (message instanceof RegExp ? expect.stringMatching(message) : expect.stringContaining(message)) as string,
});
const hooked = (name: string, ...containers: string[]): WritingPod =>
  ({
    name,
    uid: uidOf(name),
    ...(containers.length === 0 ? {} : { containers: containers.map((one) => ({ name: one, id: `fake://${one}-1` })) }),
  }) as WritingPod;

beforeEach(() => {
  cluster = new FakeCluster();
  useCase = new RunHooksUseCase(cluster, new RunningSteps(), now);
  putPod('orders-1');
  putPod('orders-2');
});

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
    const again = new RunHooksUseCase(cluster, new RunningSteps(), now);
    useCase = again;
    await expect(run('before', [{ command: ['flush'] }, { command: ['lock'] }])).resolves.toMatchObject({ gone: [] });
    expect(execs()).toHaveLength(4);
  });

  test('asked for again while it runs, it runs once', async () => {
    const replies = await Promise.all([run('before', [{ command: ['lock'] }]), run('before', [{ command: ['lock'] }])]);
    expect(replies[0]).toEqual(replies[1]);
    expect(execs()).toHaveLength(2);
  });
});

describe('after the cut', () => {
  const pods = [hooked('orders-1', 'app'), hooked('orders-2', 'app')];

  test('the note is there before a hook runs, once for each operation, and changes nothing else', async () => {
    await run('after', [{ command: ['unlock'] }]);
    await run('after', [{ command: ['unlock'] }]);
    const note = `{"metadata":{"annotations":{"snapfleet.io/resumed":"${operationId}"}}}`;
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

  test('hooks of before the cut that come later are refused, those of another operation run', async () => {
    await run('after', [{ command: ['unlock'] }]);
    cluster.writes.length = 0;
    const late = run('before', [{ command: ['lock'] }]);
    await expect(late).rejects.toMatchObject({ ...refusedAs('operation_superseded'), retryable: false });
    expect(execs()).toEqual([]);
    await run('before', [{ command: ['lock'] }], { operation: otherOperationId });
    expect(execs()).toHaveLength(2);
  });

  test('a hook of another process that has begun before the note is told as superseded at its end', async () => {
    const other = new RunHooksUseCase(cluster, new RunningSteps(), now);
    program('lock', async ({ metadata }) => {
      const command = { operationId, namespace: 'shop', moment: 'after', pods, hooks: [] };
      if (metadata.name === 'orders-2') await other.run(WorkloadRunHooks.data.parse(command), never);
      return {};
    });
    await expect(run('before', [{ command: ['lock'] }])).rejects.toMatchObject(refusedAs('operation_superseded'));
    expect(execs()).toHaveLength(2);
  });

  test('what still runs of before the cut in this process is ended, and awaited, before the first hook', async () => {
    const begun = Promise.withResolvers<void>();
    const order: string[] = [];
    program('lock', async (_pod, _words, signal) => {
      begun.resolve();
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

  test('every hook runs although one fails, and the failure is told at the end', async () => {
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
