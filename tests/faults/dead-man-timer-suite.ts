import { type CommandHandle, type DataInputOf, DeviceDoctor, SnapshotCreate, SnapshotShow } from '@snapfleet/client';
import { AppsV1Api, CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { execa } from 'execa';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { claim, consumerPod } from '../quickstart/demo-objects.js';
import type { RunningService } from '../support/services.js';
import { waitUntil } from '../support/wait-until.js';
import { asWorker } from '../support/worker-user.js';
import { type FaultBench, marker, markerHooks, replicas } from './fault-bench.js';

/** Long enough for a quiesce on a busy machine, and for the ends of the services after it. */
const longestDowntimeSeconds = 8;
const reachMs = 60_000;
const podName = 'alone';
const podClaim = 'alone-data';

let bench: FaultBench;
let apps: AppsV1Api;
let core: CoreV1Api;

const startGuard = (): Promise<RunningService> =>
  bench.snapfleet.startService('workload-guard', {
    SNAPFLEET_LONGEST_DOWNTIME_SECONDS: String(longestDowntimeSeconds),
  });

const logged = (service: RunningService, event: string): boolean =>
  service.log.some((line) => line.includes(`"${event}"`));

type Quiesce = NonNullable<NonNullable<DataInputOf<typeof SnapshotCreate>['policy']>['quiesce']>;

/** Begins a snapshot whose orchestrator ends at a point while the workload is away or held; then all that could help ends too. */
async function beginAndKillAll(
  persistentVolumeClaim: string,
  quiesce: Quiesce,
  point: string,
): Promise<CommandHandle<'snapshot.create'>> {
  const { client, namespace, snapfleet } = bench;
  await bench.restartOrchestrator(`${point}:kill`);
  const policy = { quiesce, verify: [] };
  const handle = await client.send(SnapshotCreate, { namespace, persistentVolumeClaim, policy });
  const { log } = snapfleet.service('orchestrator');
  await waitUntil(`the orchestrator is at ${point}`, () => log.some((line) => line.includes(`"${point}"`)), {
    deadlineMs: reachMs,
    pauseMs: 2,
  });
  await Promise.all([snapfleet.service('cluster-operator').kill9(), snapfleet.nats.kill9()]);
  return handle;
}

async function startAll(): Promise<void> {
  const { snapfleet } = bench;
  await snapfleet.nats.restart();
  await Promise.all([snapfleet.startService('cluster-operator'), snapfleet.startService('orchestrator')]);
}

async function deploymentIsBack(): Promise<boolean> {
  const { metadata, spec } = await apps.readNamespacedDeployment({ namespace: bench.namespace, name: 'notes' });
  return spec?.replicas === replicas && metadata?.annotations?.['snapfleet.io/quiesced'] === undefined;
}

async function podUid(): Promise<string | undefined> {
  const { items } = await core.listNamespacedPod({ namespace: bench.namespace });
  const alive = items.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  return alive.find(({ metadata }) => metadata?.name === podName)?.metadata?.uid;
}

/** The end of the operation, and what was told of the workload. */
async function endOf(handle: CommandHandle<'snapshot.create'>) {
  const end = await bench.client.outcome(handle, { deadlineMs: reachMs });
  const { restorePoint } = await bench.client.ask(SnapshotShow, { restorePointId: handle.restorePointId });
  const resumed = await waitUntil('it is told that the workload is back', () =>
    bench.events.find(({ name, data }) => name === 'workload.resumed' && data.restorePointId === handle.restorePointId),
  );
  return { end, restorePoint, resumed };
}

/** What the workload guard does when everything else is gone; it does not run any more afterwards, so that this comes last. */
export function describeDeadManTimer(use: () => FaultBench): void {
  beforeAll(async () => {
    bench = use();
    const config = new KubeConfig();
    config.loadFromFile(bench.snapfleet.device.kubeconfigPath);
    apps = config.makeApiClient(AppsV1Api);
    core = config.makeApiClient(CoreV1Api);
    await bench.snapfleet.service('workload-guard').kill9();
    await startGuard();
  });

  test('a Deployment comes back by itself, is told so, and what was cut while it ran is no application backup', async () => {
    const quiesce = { level: 'cold', workload: bench.workload } as const;
    const handle = await beginAndKillAll(bench.persistentVolumeClaim, quiesce, 'cutting:before');
    const guard = bench.snapfleet.service('workload-guard');
    expect(await deploymentIsBack()).toBe(false);
    // It is killed wherever it is in its own work then.
    await waitUntil('the timer fires', () => logged(guard, 'timer.firing'), { deadlineMs: reachMs, pauseMs: 1 });
    await guard.kill9();
    await startGuard();
    await waitUntil('the Deployment is back', deploymentIsBack, { deadlineMs: reachMs });
    expect(await bench.workloadProblems()).toEqual([]);
    await startAll();
    const { end, restorePoint, resumed } = await endOf(handle);
    expect(end).toMatchObject({ name: 'snapshot.ready', data: { consistency: 'crash' } });
    expect(resumed.data).toMatchObject({ replicas, broughtBack: { by: 'dead-man-timer' } });
    expect(restorePoint).toMatchObject({ consistency: 'crash', broughtBack: { by: 'dead-man-timer' } });
    expect(restorePoint.downtimeMs).toBeGreaterThan(1_000);
    expect(await bench.workloadProblems()).toEqual([]);
  });

  test('a bare Pod comes back as soon as a killed guard runs again, and what was ready before is as good as ever', async () => {
    const { namespace, snapfleet } = bench;
    await snapfleet.device.applyObjects(claim(namespace, podClaim, '320Mi'), consumerPod(namespace, podName, podClaim));
    await snapfleet.podIsRunning(namespace, `app=${podName}`);
    const before = await podUid();
    const quiesce = { level: 'cold', workload: { kind: 'Pod', name: podName } } as const;
    const handle = await beginAndKillAll(podClaim, quiesce, 'cutting:after');
    await snapfleet.service('workload-guard').kill9();
    expect(await podUid()).toBeUndefined();
    await startGuard();
    await waitUntil('the Pod is back', podUid, { deadlineMs: reachMs });
    expect(await podUid()).not.toBe(before);
    await startAll();
    const { end, resumed } = await endOf(handle);
    expect(end).toMatchObject({ name: 'snapshot.ready', data: { consistency: 'app' } });
    expect(resumed.data).toMatchObject({ broughtBack: { by: 'dead-man-timer' } });
    await snapfleet.podIsRunning(namespace, `app=${podName}`);
  });

  test('what a hook did before the cut is undone by itself, is told so, and what was cut later is no application backup', async () => {
    const { persistentVolumeClaim, namespace, snapfleet, workload } = bench;
    const marked = async () => marker in (await snapfleet.device.readFiles({ namespace, persistentVolumeClaim }));
    const quiesce = { level: 'hooks', workload, ...markerHooks } as const;
    const handle = await beginAndKillAll(persistentVolumeClaim, quiesce, 'cutting:before');
    const guard = snapfleet.service('workload-guard');
    expect(await marked()).toBe(true);
    await waitUntil('the timer fires', () => logged(guard, 'timer.firing'), { deadlineMs: reachMs, pauseMs: 1 });
    await guard.kill9();
    await startGuard();
    // A file that goes while it is read is looked for again.
    const undone = () =>
      marked().then(
        (found) => !found,
        () => false,
      );
    await waitUntil('what the hook did is undone', undone, { deadlineMs: reachMs });
    await startAll();
    const { end, restorePoint, resumed } = await endOf(handle);
    expect(end).toMatchObject({ name: 'snapshot.ready', data: { consistency: 'crash' } });
    expect(resumed.data).toMatchObject({ broughtBack: { by: 'dead-man-timer' } });
    expect(restorePoint).toMatchObject({ consistency: 'crash', broughtBack: { by: 'dead-man-timer' } });
    expect(await marked()).toBe(false);
    expect(await bench.workloadProblems()).toEqual([]);
  });

  test('another user cannot arm or end a timer', async () => {
    const socket = join(bench.snapfleet.workDirectory, 'workload-guard', 'guard.sock');
    const connect = `require('node:net').connect(process.argv[1])
      .once('error', ({ code }) => { console.log(code); })
      .once('connect', function () { console.log('connected'); this.destroy(); });`;
    // It may read everything, and so find the program and the socket, and no more.
    const [program, argv] = asWorker(process.execPath, ['-e', connect, socket], ['dac_read_search']);
    const { stdout } = await execa(program, argv, { stdin: 'ignore', timeout: reachMs });
    expect(stdout).toBe('EACCES');
  });

  test('the doctor tells whether the guard answers', async () => {
    const check = async () => {
      const { checks } = await bench.client.ask(DeviceDoctor, {});
      return checks.find((one) => one.check === 'workload-guard answers');
    };
    expect(await check()).toMatchObject({ passed: true, note: expect.stringContaining('0 dead-man timers') as string });
    await bench.snapfleet.service('workload-guard').kill9();
    expect(await check()).toMatchObject({ passed: false, error: { code: 'guard_unavailable' } });
  });
}
