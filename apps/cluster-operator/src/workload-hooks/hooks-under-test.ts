import {
  deterministicUuid,
  type SnapfleetError,
  WorkloadRunHooks,
  type DataInputOf,
  type ErrorCode,
  type WritingPod,
} from '@snapfleet/contracts';
import { expect, vi } from 'vitest';
import { FakeGuard } from '../testing/fake-guard.js';
import { RunningSteps } from '../marks/running-steps.js';
import { KubernetesApiError, type ObjectKey } from '@snapfleet/kubernetes';
import { FakeCluster, type FakeProgram } from '@snapfleet/kubernetes/testing';
import { fencingToken, never, now, operationId } from '../testing/samples.js';
import { RunHooksUseCase } from './run-hooks.use-case.js';
type Hook = DataInputOf<typeof WorkloadRunHooks>['hooks'][number];

export let cluster: FakeCluster;
export let guard: FakeGuard;
export let useCase: RunHooksUseCase;
export const endedAt = '2026-11-23T12:00:00.000Z';
export const uidOf = (name: string): string => deterministicUuid(name);
export const key = (name: string): ObjectKey => ({ namespace: 'shop', name });

export function putPod(name: string, more: { uid?: string; phase?: string; containers?: string[] } = {}): void {
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
export const restart = (name: string): void => {
  cluster.pods.change(key(name), { status: { containerStatuses: [started('app', 2)] } });
};

export const program = (name: string, play: FakeProgram): unknown => cluster.pods.programs.set(name, play);
export const fails =
  (exitCode: number, stderr = ''): FakeProgram =>
  () =>
    Promise.resolve({ exitCode, stderr });
export const execs = (): string[] => cluster.writes.filter((write) => write.startsWith('exec'));

export function run(
  moment: 'before' | 'after',
  hooks: readonly Hook[],
  more: { operation?: string; token?: number; pods?: unknown; timer?: unknown; failedBefore?: number } = {},
): ReturnType<RunHooksUseCase['run']> {
  const named = [
    { name: 'orders-1', uid: uidOf('orders-1') },
    { name: 'orders-2', uid: uidOf('orders-2') },
  ];
  const command = WorkloadRunHooks.data.parse({
    operationId: more.operation ?? operationId,
    fencingToken: more.token ?? fencingToken,
    namespace: 'shop',
    moment,
    pods: more.pods ?? named,
    hooks,
    persistentVolumeClaims: ['orders'],
    timer: more.timer,
    failedBefore: more.failedBefore,
  });
  return useCase.run(command, never);
}

export const refusedAs = (
  code: ErrorCode,
  message: string | RegExp = '',
): Pick<SnapfleetError, 'code' | 'message'> => ({
  code,
  message: (message instanceof RegExp ? expect.stringMatching(message) : expect.stringContaining(message)) as string,
});
export const hooked = (name: string, ...containers: string[]): WritingPod =>
  ({
    name,
    uid: uidOf(name),
    ...(containers.length === 0 ? {} : { containers: containers.map((one) => ({ name: one, id: `fake://${one}-1` })) }),
  }) as WritingPod;
/** Somebody's admission refuses every change of a Pod, or its webhook does not answer. */
export function refuseNotes(status = 403): void {
  const refusal = new KubernetesApiError(status, 'Forbidden', 'a policy refuses changes of Pods');
  vi.spyOn(cluster.pods, 'patch').mockRejectedValue(refusal);
}

/** An empty cluster with two Pods that use the volume. */
export function prepareCluster(): void {
  cluster = new FakeCluster();
  guard = new FakeGuard(cluster.writes);
  useCase = new RunHooksUseCase(cluster, new RunningSteps(), guard, now);
  putPod('orders-1');
  putPod('orders-2');
}

/** A new process that knows nothing of what the old one did. */
export function crashAndStart(): void {
  useCase = new RunHooksUseCase(cluster, new RunningSteps(), guard, now);
}
