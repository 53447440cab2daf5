/**
 * Snapfleet on a device: NATS, all services as processes, and the device beneath them.
 *
 *   const snapfleet = await startOnRealDevice();      // or startOnEmbeddedDevice(); some 40 s and some 5 s
 *   const client = await connectToDevice({ servers: snapfleet.natsUrl, device: snapfleet.name, ...snapfleet.nats.access });
 *   await snapfleet.stop();                           // in afterAll; leaves nothing behind
 */
import { KubeConfig, CoreV1Api, CustomObjectsApi } from '@kubernetes/client-node';
import { z } from 'zod';
import type { DeviceUnderTest } from './device-under-test.js';
import { natsSettings } from './nats-access.js';
import type { FaultyApi } from './faulty-api.js';
import type { NatsServer } from './nats-server.js';
import type { UndoStack } from './real-device/undo-stack.js';
import type { MovableClock } from './movable-clock.js';
import type { SmallDisk } from './small-disk.js';
import type { RunningService, ServiceName, ServicePlace } from './services.js';
import type { GuestSystemd } from './systemd/guest-systemd.js';
import { waitUntil } from './wait-until.js';

export const deviceName = 'edge-1';
const podDeadlineMs = 180_000;
const managed = 'app.kubernetes.io/managed-by=snapfleet';

/** How one service is started. */
export interface ServicePlan {
  readonly place: ServicePlace;
  readonly environment: Readonly<Record<string, string>>;
}

/** Who can have a file system of its own. */
export type DiskOwner = 'orchestrator' | 'workload-guard' | 'nats-server';

interface Parts {
  readonly device: DeviceUnderTest;
  readonly nats: NatsServer;
  readonly plans: ReadonlyMap<ServiceName, ServicePlan>;
  /** Runs a bash script where the backups are, with the destination as its directory. */
  readonly runInDestination: (script: string) => Promise<string>;
  readonly workDirectory: string;
  /** What runs the services by their units, where something does. */
  readonly systemd?: GuestSystemd;
  /** The way of the services to the API server, where it can be made bad. */
  readonly api?: FaultyApi | undefined;
  /** The file systems that services have of their own, where they can be filled. */
  readonly disks?: ReadonlyMap<DiskOwner, SmallDisk> | undefined;
  /** The clock of the services, where it can be moved. */
  readonly clock?: MovableClock | undefined;
  readonly undo: UndoStack;
}

const Named = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });

/** Snapfleet as it runs on a device. */
export class SnapfleetDevice {
  readonly name = deviceName;
  readonly device: DeviceUnderTest;
  readonly workDirectory: string;
  readonly nats: NatsServer;
  private readonly running = new Map<ServiceName, RunningService>();
  private readonly core: CoreV1Api;
  private readonly custom: CustomObjectsApi;

  constructor(private readonly parts: Parts) {
    this.device = parts.device;
    this.workDirectory = parts.workDirectory;
    this.nats = parts.nats;
    const config = new KubeConfig();
    config.loadFromFile(parts.device.kubeconfigPath);
    this.core = config.makeApiClient(CoreV1Api);
    this.custom = config.makeApiClient(CustomObjectsApi);
  }

  get systemd(): GuestSystemd {
    if (this.parts.systemd === undefined) throw new Error('the services of this device do not run by their units');
    return this.parts.systemd;
  }

  get api(): FaultyApi {
    if (this.parts.api === undefined) throw new Error('the API server of this device cannot be made bad');
    return this.parts.api;
  }

  /** The API server answers as it should, and the clock is right, where they could be otherwise. */
  calm(): void {
    this.parts.api?.behave({ kind: 'well' });
    this.parts.clock?.set(0);
  }

  get clock(): MovableClock {
    if (this.parts.clock === undefined) throw new Error('the clock of this device cannot be moved');
    return this.parts.clock;
  }

  /** The file system that one has of its own. */
  disk(name: DiskOwner): SmallDisk {
    const disk = this.parts.disks?.get(name);
    if (disk === undefined) throw new Error(`${name} has no file system of its own`);
    return disk;
  }

  get natsUrl(): string {
    return this.parts.nats.url;
  }

  async startService(name: ServiceName, more: Readonly<Record<string, string>> = {}): Promise<RunningService> {
    const plan = this.parts.plans.get(name);
    if (plan === undefined) throw new Error(`${name} is not a service of this device`);
    const service = await plan.place.start(name, {
      SNAPFLEET_DEVICE: deviceName,
      ...(name === 'workload-guard' ? {} : natsSettings(this.nats, name)),
      ...plan.environment,
      ...more,
    });
    this.running.set(name, service);
    return service;
  }

  /** Starts all services of the device at the same time. */
  async startServices(): Promise<void> {
    await Promise.all([...this.parts.plans.keys()].map((name) => this.startService(name)));
  }

  async stopService(name: ServiceName): Promise<void> {
    await this.running.get(name)?.stop();
    this.running.delete(name);
  }

  /** A service that runs. */
  service(name: ServiceName): RunningService {
    const service = this.running.get(name);
    if (service === undefined) throw new Error(`${name} does not run`);
    return service;
  }

  /** Where each service says how it is. */
  healthUrls(): string[] {
    return [...this.running.values()].map(({ httpPort }) => `http://127.0.0.1:${httpPort}/readyz`);
  }

  /** The end of each service's log, to find out why something did not work. */
  lastLogLines(): string {
    return [...this.running.values()].map(({ name, log }) => `--- ${name}\n${log.slice(-15).join('\n')}`).join('\n');
  }

  /** Waits until a Pod with this label is Running and stays. */
  async podIsRunning(namespace: string, labelSelector: string): Promise<void> {
    await waitUntil(
      `a Pod ${namespace} ${labelSelector} runs`,
      async () => {
        const { items } = await this.core.listNamespacedPod({ namespace, labelSelector });
        return items.some(
          ({ status, metadata }) => status?.phase === 'Running' && metadata?.deletionTimestamp === undefined,
        );
      },
      { deadlineMs: podDeadlineMs, pauseMs: 200 },
    );
  }

  async podUid(namespace: string, name: string): Promise<string | undefined> {
    return (await this.core.readNamespacedPod({ namespace, name })).metadata?.uid;
  }

  /** Names of the VolumeSnapshots in a namespace. */
  async volumeSnapshots(namespace: string): Promise<string[]> {
    const list: unknown = await this.custom.listNamespacedCustomObject({
      group: 'snapshot.storage.k8s.io',
      version: 'v1',
      namespace,
      plural: 'volumesnapshots',
    });
    return Named.parse(list).items.map(({ metadata }) => metadata.name);
  }

  /** What Snapfleet made in a namespace and is still there: scratch claims, Pods, VolumeSnapshots. */
  async leftovers(namespace: string): Promise<string[]> {
    const pods = await this.core.listNamespacedPod({ namespace, labelSelector: managed });
    const scratch = `${managed},snapfleet.io/purpose=scratch`;
    const claims = await this.core.listNamespacedPersistentVolumeClaim({ namespace, labelSelector: scratch });
    return [
      ...pods.items.map(({ metadata }) => `Pod ${metadata?.name ?? ''}`),
      ...claims.items.map(({ metadata }) => `PersistentVolumeClaim ${metadata?.name ?? ''}`),
      ...(await this.volumeSnapshots(namespace)).map((name) => `VolumeSnapshot ${name}`),
    ];
  }

  /** Whether the copy mover's backup of a restore point has a file of this name. */
  async copyHolds(restorePointId: string, file: string): Promise<boolean> {
    const found = await this.parts.runInDestination(`find . -path '*/${restorePointId}/*' -name '${file}'`);
    return found.trim() !== '';
  }

  /** Changes a file within the copy mover's backup of a restore point. */
  async damageCopy(restorePointId: string, file: string): Promise<void> {
    await this.parts.runInDestination(
      `printf X >> "$(find . -path '*/${restorePointId}/*' -name '${file}' | head -n 1)"`,
    );
  }

  /** Ends all services at the same time, as a crash does. */
  async killServices(): Promise<void> {
    await Promise.all([...this.running.values()].map((service) => service.kill9()));
  }

  async stopServices(): Promise<void> {
    await Promise.all([...this.running.values()].map((service) => service.stop()));
    this.running.clear();
  }

  /** Stops the services, then everything beneath them. */
  stop(): Promise<void> {
    return this.parts.undo.unwind();
  }
}
