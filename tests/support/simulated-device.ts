/**
 * The embedded device of apps/device-simulator as a process of its own: the Kubernetes API and volumes that are
 * directories. It needs a nats-server, on which it takes the commands of host-lvm.
 *
 *   const device = await startSimulatedDevice({ natsUrl, natsToken });   // 1-2 s
 *   const device = await startSimulatedDevice();                         // with a nats-server of its own
 */
import { execa } from 'execa';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig, CoreV1Api } from '@kubernetes/client-node';
import type { ClaimName, DeviceCapabilities, DeviceUnderTest, Manifest } from './device-under-test.js';
import { startNatsServer } from './nats-server.js';
import { ClusterClient } from './real-device/cluster-client.js';
import { UndoStack } from './real-device/undo-stack.js';
import { parseFiles, readingScript, writingScript } from './real-device/volume-files.js';
import { hostPlace } from './services.js';

const consumerDeadlineMs = 30_000;
const scriptDeadlineMs = 60_000;

export interface SimulatedDeviceOptions {
  /** The nats-server on which it plays host-lvm; without it, one is started and stopped with the device. */
  readonly natsUrl?: string;
  readonly natsToken?: string | undefined;
  /** Default: `edge-1`. */
  readonly deviceId?: string;
  /** Where volumes, kubeconfig and log are; it is kept. Default: a temporary directory, which `stop` removes. */
  readonly workDirectory?: string;
  /** More settings of apps/device-simulator. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts an embedded device; when something does not start, all that did is stopped again. */
export async function startSimulatedDevice(options: SimulatedDeviceOptions = {}): Promise<SimulatedDevice> {
  const undo = new UndoStack();
  try {
    const directory = options.workDirectory ?? (await temporaryDirectory(undo));
    const nats = options.natsUrl === undefined ? await startNatsServer() : undefined;
    if (nats !== undefined) undo.push(() => nats.stop());
    const stateDirectory = join(directory, 'state');
    const token = nats === undefined ? options.natsToken : nats.token;
    const service = await hostPlace(join(directory, 'logs')).start('device-simulator', {
      SNAPFLEET_DEVICE: options.deviceId ?? 'edge-1',
      SNAPFLEET_NATS_URL: options.natsUrl ?? nats?.url ?? '',
      ...(token === undefined ? {} : { SNAPFLEET_NATS_TOKEN: token }),
      SNAPFLEET_STATE_DIR: stateDirectory,
      ...options.environment,
    });
    undo.push(() => service.stop());
    return new SimulatedDevice(stateDirectory, await clusterClient(stateDirectory, undo), undo);
  } catch (error) {
    await undo.unwind();
    throw error;
  }
}

async function temporaryDirectory(undo: UndoStack): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'snapfleet-simulated-'));
  undo.push(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function clusterClient(stateDirectory: string, undo: UndoStack): Promise<ClusterClient> {
  const config = new KubeConfig();
  config.loadFromString(await readFile(join(stateDirectory, 'kubeconfig'), 'utf8'));
  const { port } = new URL(config.getCurrentCluster()?.server ?? '');
  const cluster = new ClusterClient({ port: Number(port), token: config.getCurrentUser()?.token ?? '' });
  undo.push(() => {
    cluster.close();
  });
  return cluster;
}

/** An embedded device that runs. */
export class SimulatedDevice implements DeviceUnderTest {
  readonly name = 'simulator';
  readonly capabilities: DeviceCapabilities = {
    runsAssertions: false,
    runsAnyCommand: false,
    roles: false,
    blockVolumes: false,
    realLogicalVolumes: false,
  };
  readonly kubeconfigPath: string;
  readonly #volumes: string;
  readonly #core: CoreV1Api;

  constructor(
    readonly stateDirectory: string,
    private readonly cluster: ClusterClient,
    private readonly undo: UndoStack,
  ) {
    this.kubeconfigPath = join(stateDirectory, 'kubeconfig');
    this.#volumes = join(stateDirectory, 'volumes');
    const config = new KubeConfig();
    config.loadFromFile(this.kubeconfigPath);
    this.#core = config.makeApiClient(CoreV1Api);
  }

  kubeconfigOf(): Promise<string> {
    return readFile(this.kubeconfigPath, 'utf8');
  }

  namespace(): Promise<string> {
    return this.cluster.namespace();
  }

  applyObjects(...objects: readonly Manifest[]): Promise<Manifest[]> {
    return this.cluster.apply(objects);
  }

  async runInVolume(claim: ClaimName, script: string): Promise<string> {
    const cwd = await this.volumePath(claim);
    const { stdout } = await execa('bash', ['-euo', 'pipefail', '-c', script], {
      cwd,
      stdin: 'ignore',
      timeout: scriptDeadlineMs,
      stripFinalNewline: false,
    });
    return stdout;
  }

  async writeFiles(claim: ClaimName, files: Readonly<Record<string, string>>): Promise<void> {
    await this.runInVolume(claim, writingScript(files));
  }

  async readFiles(claim: ClaimName): Promise<Record<string, string>> {
    return parseFiles(await this.runInVolume(claim, readingScript));
  }

  /** The directory of the volume that a Running Pod uses; waits for such a Pod. */
  async volumePath({ namespace, persistentVolumeClaim }: ClaimName): Promise<string> {
    const { volumeName } = await this.cluster.publishedVolume(namespace, persistentVolumeClaim, consumerDeadlineMs);
    const { spec } = await this.#core.readPersistentVolume({ name: volumeName });
    return join(this.#volumes, spec?.csi?.volumeHandle ?? '');
  }

  logicalVolumeExists(handle: string): Promise<boolean> {
    return access(join(this.#volumes, handle)).then(
      () => true,
      () => false,
    );
  }

  stop(): Promise<void> {
    return this.undo.unwind();
  }
}
