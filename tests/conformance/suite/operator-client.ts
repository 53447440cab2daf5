import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeviceId,
  SnapfleetError,
  type AgentCommandDefinition,
  type DataInputOf,
  type ReplyOf,
} from '@snapfleet/contracts';
import { AgentCommands, NatsLink } from '@snapfleet/messaging';
import type { DeviceUnderTest, StartDevice } from '../../support/device-under-test.js';
import { startNatsServer } from '../../support/nats-server.js';
import { guardSettings } from '../../support/guard-settings.js';
import { readableKubeconfig } from '../../support/readable-kubeconfig.js';
import { UndoStack } from '../../support/real-device/undo-stack.js';
import { hostPlace, type RunningService } from '../../support/services.js';
import { waitUntil } from '../../support/wait-until.js';
import { Cluster } from './cluster.js';

const deviceId = DeviceId.parse('edge-1');
const callDeadlineMs = 150_000;

/** A device with the cluster operator as a process, and the place of the orchestrator on its NATS. */
export interface OperatorUnderTest {
  readonly device: DeviceUnderTest;
  readonly cluster: Cluster;
  /** @throws SnapfleetError what the cluster operator answered */
  readonly call: <Definition extends AgentCommandDefinition>(
    definition: Definition,
    data: DataInputOf<Definition>,
  ) => Promise<ReplyOf<Definition>>;
  /** The guard that the operator arms, to end it and start it again. */
  readonly guard: {
    readonly kill9: () => Promise<void>;
    readonly start: (more?: Readonly<Record<string, string>>) => Promise<void>;
  };
  readonly stop: () => Promise<void>;
}

/** Starts the device, a nats-server, apps/workload-guard and apps/cluster-operator; when something does not start, all is stopped again. */
export async function startOperator(start: StartDevice): Promise<OperatorUnderTest> {
  const undo = new UndoStack();
  try {
    const workDirectory = await mkdtemp(join(tmpdir(), 'snapfleet-operator-'));
    // The operator's user looks into it.
    await chmod(workDirectory, 0o755);
    undo.push(() => rm(workDirectory, { recursive: true, force: true }));
    const device = await start();
    undo.push(() => device.stop());
    const nats = await startNatsServer({ token: randomUUID() });
    undo.push(() => nats.stop());
    const place = hostPlace(workDirectory);
    const settings = guardSettings(workDirectory);
    const common = { SNAPFLEET_DEVICE: deviceId };
    const guardKubeconfig = readableKubeconfig(
      await device.kubeconfigOf('workload-guard'),
      workDirectory,
      'workload-guard',
    );
    let guard: RunningService | undefined;
    const startGuard = async (more: Readonly<Record<string, string>> = {}): Promise<void> => {
      guard = await place.start('workload-guard', {
        ...common,
        ...settings.server,
        SNAPFLEET_KUBECONFIG: guardKubeconfig,
        ...more,
      });
    };
    await startGuard();
    undo.push(() => guard?.stop());
    const service = await place.start('cluster-operator', {
      ...common,
      ...settings.client,
      SNAPFLEET_NATS_URL: nats.url,
      SNAPFLEET_NATS_TOKEN: nats.token ?? '',
      SNAPFLEET_KUBECONFIG: readableKubeconfig(
        await device.kubeconfigOf('cluster-operator'),
        workDirectory,
        'cluster-operator',
      ),
    });
    undo.push(() => service.stop());
    await waitUntil('the cluster operator is ready', () => isReady(service));
    const options = { party: 'orchestrator', device: deviceId, servers: nats.url, token: nats.token } as const;
    const link = new NatsLink(options, 'publish');
    await link.connect();
    undo.push(() => link.close());
    const commands = new AgentCommands(link, options);
    return {
      device,
      cluster: new Cluster(device),
      call: (definition, data) => commands.call(definition, data, { deadlineMs: callDeadlineMs }),
      guard: { kill9: async () => guard?.kill9(), start: startGuard },
      stop: () => undo.unwind(),
    };
  } catch (error) {
    await undo.unwind();
    throw error;
  }
}

const isReady = async ({ httpPort }: RunningService): Promise<boolean> =>
  (await fetch(`http://127.0.0.1:${String(httpPort)}/readyz`)).ok;

/** The error that a call was answered with. */
export async function errorOf(call: Promise<unknown>): Promise<SnapfleetError> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof SnapfleetError) return error;
  throw new Error('a SnapfleetError was expected', { cause: error });
}
