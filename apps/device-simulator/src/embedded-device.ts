import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiServer } from './api/api-server.js';
import { ControllerRunner } from './controllers/controller.js';
import { deviceControllers } from './device-controllers.js';
import { ExecSessions } from './exec/exec-sessions.js';
import { VolumeLeases } from './host/volume-leases.js';
import { seedDemo } from './seed/demo-objects.js';
import { seedDevice } from './seed/device-objects.js';
import { ThinPool, type DeviceClass } from './storage/thin-pool.js';
import { ObjectStore } from './store/object-store.js';
import { Objects } from './store/objects.js';

/** What a device is made with. */
export interface EmbeddedDeviceOptions {
  /** Where volumes and the kubeconfig are; the device's alone. */
  readonly stateDirectory: string;
  /** 0: any free port. */
  readonly apiPort?: number;
  readonly nodeName?: string;
  /** The first is the default of lvmd. */
  readonly deviceClasses?: readonly [DeviceClass, ...DeviceClass[]];
  /** Told of what should not happen. */
  readonly onUnexpected?: (where: string, error: unknown) => void;
}

const gibibyte = 1 << 30;
const defaultClasses: readonly [DeviceClass, ...DeviceClass[]] = [
  { name: 'default', type: 'thick', sizeBytes: 8 * gibibyte, overprovisionRatio: 1 },
  { name: 'thin', type: 'thin', sizeBytes: 8 * gibibyte, overprovisionRatio: 10 },
];
const volumeName = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.partial)?$/;

/**
 * The Kubernetes API and the thin volumes of one device in this process. Objects are in memory and end with it; volumes
 * are directories `<stateDirectory>/volumes/<handle>`. Any number of devices can be in one process.
 *
 *   const device = new EmbeddedDevice({ stateDirectory });
 *   await device.start();          // device.kubeconfigPath, device.apiUrl
 *   await device.stop();
 */
export class EmbeddedDevice {
  readonly objects = new Objects(new ObjectStore());
  readonly pool: ThinPool;
  readonly leases: VolumeLeases;
  readonly kubeconfigPath: string;
  readonly nodeName: string;
  readonly #volumeDirectory: string;
  readonly #token = randomBytes(24).toString('base64url');
  readonly #api: ApiServer;
  readonly #controllers: ControllerRunner;
  #apiUrl: string | undefined;

  constructor(private readonly options: EmbeddedDeviceOptions) {
    this.nodeName = options.nodeName ?? 'device';
    this.kubeconfigPath = join(options.stateDirectory, 'kubeconfig');
    this.#volumeDirectory = join(options.stateDirectory, 'volumes');
    this.pool = new ThinPool(this.#volumeDirectory, options.deviceClasses ?? defaultClasses);
    this.leases = new VolumeLeases(this.pool);
    const onUnexpected = options.onUnexpected ?? (() => undefined);
    this.#controllers = new ControllerRunner(
      this.objects,
      deviceControllers(this.objects, this.pool, this.nodeName),
      onUnexpected,
    );
    const onUnexpectedInApi = (error: unknown): void => {
      onUnexpected('api', error);
    };
    const exec = new ExecSessions(this.objects, this.pool, onUnexpectedInApi);
    this.#api = new ApiServer(this.objects, this.#token, exec, onUnexpectedInApi);
  }

  /** Where the Kubernetes API is, once started. */
  get apiUrl(): string {
    if (this.#apiUrl === undefined) throw new Error('the device is not started');
    return this.#apiUrl;
  }

  /** Begins to serve. What an earlier process left of volumes is removed: no object names it any more. */
  async start(): Promise<void> {
    await mkdir(this.#volumeDirectory, { recursive: true });
    for (const name of await readdir(this.#volumeDirectory)) {
      if (volumeName.test(name)) await rm(join(this.#volumeDirectory, name), { recursive: true, force: true });
    }
    this.#controllers.start();
    seedDevice(this.objects, this.nodeName);
    this.#apiUrl = await this.#api.start(this.options.apiPort ?? 0);
    await writeFile(this.kubeconfigPath, kubeconfig(this.#apiUrl, this.#token), { mode: 0o600 });
  }

  /** Puts the demonstration's workload on the device. */
  seedDemo(): void {
    seedDemo(this.objects);
  }

  async stop(): Promise<void> {
    this.leases.endAll();
    await this.#api.stop();
    await this.#controllers.stop();
  }
}

/** JSON is YAML. @kubernetes/client-node speaks plain HTTP only where the kubeconfig says that it need not verify TLS. */
function kubeconfig(server: string, token: string): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'device', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'administrator', user: { token } }],
    contexts: [{ name: 'device', context: { cluster: 'device', user: 'administrator' } }],
    'current-context': 'device',
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
