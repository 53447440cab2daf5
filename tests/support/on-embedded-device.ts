import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { startFaultyApi, type FaultyApi } from './faulty-api.js';
import { handOutKeys, natsSettings } from './nats-access.js';
import { MovableClock } from './movable-clock.js';
import { type NatsServer, startNatsServer } from './nats-server.js';
import { UndoStack } from './real-device/undo-stack.js';
import { serverPrograms } from './servers.js';
import { hostPlace, serviceUid, type ServiceName } from './services.js';
import { guardSettings } from './guard-settings.js';
import { readableKubeconfig } from './readable-kubeconfig.js';
import { mountSmallDisk, type SmallDisk } from './small-disk.js';
import { startSimulatedDevice, type SimulatedDevice } from './simulated-device.js';
import { deviceName, type DiskOwner, type ServicePlan, SnapfleetDevice } from './snapfleet-device.js';

const scriptDeadlineMs = 60_000;

export interface EmbeddedDeviceOptions {
  /** NATS takes TLS connections only. */
  readonly tls?: boolean;
  /** Default: restic's repository is made with a password of its own. */
  readonly resticPassword?: string;
  /** The services reach the API server by a way that can be made bad. */
  readonly faultyApi?: boolean;
  /** Orchestrator, workload-guard and nats-server have a small file system each for what they remember. */
  readonly smallDisks?: boolean;
  /** The services have a clock that can be moved. */
  readonly movableClock?: boolean;
  /** More settings of all services. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Snapfleet on the embedded device: all services as processes on this machine, volumes as directories. */
export async function startOnEmbeddedDevice(options: EmbeddedDeviceOptions = {}): Promise<SnapfleetDevice> {
  const undo = new UndoStack();
  const workDirectory = mkdtempSync(join(tmpdir(), 'snapfleet-embedded-'));
  chmodSync(workDirectory, 0o755);
  undo.push(() => {
    rmSync(workDirectory, { recursive: true, force: true });
  });
  try {
    const nats = await startNatsServer({ identitiesOf: deviceName, tls: options.tls ?? false });
    undo.push(() => nats.stop());
    const disks = new Map<DiskOwner, SmallDisk>();
    if (options.smallDisks === true) disks.set('nats-server', await smallDiskOf(nats, undo));
    const clock = options.movableClock === true ? new MovableClock(workDirectory) : undefined;
    handOutKeys(nats);
    const device = await startSimulatedDevice({
      natsUrl: nats.url,
      environment: { ...natsSettings(nats, 'device-simulator'), ...clock?.environment },
      deviceId: deviceName,
      workDirectory: join(workDirectory, 'device'),
    });
    undo.push(() => device.stop());
    const destination = owned(workDirectory, 'copy');
    const way = await wayToApi(device, options.faultyApi ?? false, undo);
    const environment = { ...options.environment, ...clock?.environment };
    const plans = await plansFor(way.kubeconfig, workDirectory, destination, environment);
    if (options.smallDisks === true) await mountForServices(disks, workDirectory, undo);
    if (options.resticPassword !== undefined)
      writeForServices(resticPasswordFile(workDirectory), options.resticPassword);
    const runInDestination = async (script: string): Promise<string> => {
      const options = { cwd: destination, stdin: 'ignore' as const, timeout: scriptDeadlineMs };
      return (await execa('bash', ['-euo', 'pipefail', '-c', script], options)).stdout;
    };
    const parts = { device, nats, plans, runInDestination, workDirectory, undo, api: way.api };
    const snapfleet = new SnapfleetDevice({ ...parts, disks, clock });
    undo.push(() => snapfleet.stopServices());
    await snapfleet.startServices();
    return snapfleet;
  } catch (error) {
    await undo.unwind();
    throw error;
  }
}

/** In the place of the directories in which these services keep what they have to remember. */
async function mountForServices(
  disks: Map<DiskOwner, SmallDisk>,
  workDirectory: string,
  undo: UndoStack,
): Promise<void> {
  for (const owner of ['orchestrator', 'workload-guard'] as const) {
    disks.set(owner, await mountSmallDisk(join(workDirectory, owner), undo));
  }
}

/** Its store holds nothing yet. */
async function smallDiskOf(nats: NatsServer, undo: UndoStack): Promise<SmallDisk> {
  await nats.kill9();
  const store = join(nats.directory, 'jetstream');
  mkdirSync(store, { recursive: true });
  const disk = await mountSmallDisk(store, undo);
  await nats.restart();
  return disk;
}

interface WayToApi {
  readonly kubeconfig: string;
  readonly api: FaultyApi | undefined;
}

/** How the services reach the API server; the tests reach it directly. */
async function wayToApi(device: SimulatedDevice, isFaulty: boolean, undo: UndoStack): Promise<WayToApi> {
  const kubeconfig = await device.kubeconfigOf();
  if (!isFaulty) return { kubeconfig, api: undefined };
  const [address = '', port] = /127\.0\.0\.1:(\d+)/.exec(kubeconfig) ?? [];
  const api = await startFaultyApi(Number(port), undo);
  return { kubeconfig: kubeconfig.replaceAll(address, `127.0.0.1:${String(api.port)}`), api };
}

/** Where the password of restic's repository is. */
export const resticPasswordFile = (workDirectory: string): string => join(workDirectory, 'restic', 'password');

/** Writes a file that the services' user alone may read. */
export function writeForServices(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  chownSync(path, serviceUid, serviceUid);
}

/** A directory that belongs to the services' user. */
function owned(workDirectory: string, name: string): string {
  const path = join(workDirectory, name);
  mkdirSync(path);
  chownSync(path, serviceUid, serviceUid);
  return path;
}

async function plansFor(
  kubeconfig: string,
  workDirectory: string,
  destination: string,
  more: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<ServiceName, ServicePlan>> {
  const place = hostPlace(join(workDirectory, 'logs'));
  const restic = owned(workDirectory, 'restic');
  const movers = {
    SNAPFLEET_DESTINATION: destination,
    SNAPFLEET_RESTIC_REPOSITORY: join(restic, 'repository'),
    SNAPFLEET_RESTIC_PASSWORD_FILE: resticPasswordFile(workDirectory),
    SNAPFLEET_RESTIC_PROGRAM: join(await serverPrograms('restic'), 'restic'),
  };
  const kubernetes = { SNAPFLEET_KUBECONFIG: readableKubeconfig(kubeconfig, workDirectory, 'services') };
  const guard = guardSettings(workDirectory);
  const environments: Partial<Record<ServiceName, Record<string, string>>> = {
    orchestrator: { SNAPFLEET_JOURNAL: join(owned(workDirectory, 'orchestrator'), 'journal.sqlite') },
    'cluster-operator': { ...kubernetes, ...guard.client },
    'workload-guard': { ...kubernetes, ...guard.server },
    'backup-worker': { ...movers, SNAPFLEET_SCRATCH_DIR: owned(workDirectory, 'manifests') },
    'restore-verifier': { ...movers, SNAPFLEET_SCRATCH_DIR: owned(workDirectory, 'scratch') },
  };
  return new Map(
    Object.entries(environments).map(([name, environment]) => [
      name as ServiceName,
      { place, environment: { ...environment, ...more } },
    ]),
  );
}
