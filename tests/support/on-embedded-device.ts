import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { handOutKeys, natsSettings } from './nats-access.js';
import { startNatsServer } from './nats-server.js';
import { UndoStack } from './real-device/undo-stack.js';
import { serverPrograms } from './servers.js';
import { hostPlace, serviceUid, type ServiceName } from './services.js';
import { guardSettings } from './guard-settings.js';
import { readableKubeconfig } from './readable-kubeconfig.js';
import { startSimulatedDevice } from './simulated-device.js';
import { deviceName, type ServicePlan, SnapfleetDevice } from './snapfleet-device.js';

const scriptDeadlineMs = 60_000;

export interface EmbeddedDeviceOptions {
  /** NATS takes TLS connections only. */
  readonly tls?: boolean;
  /** Default: restic's repository is made with a password of its own. */
  readonly resticPassword?: string;
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
    handOutKeys(nats);
    const device = await startSimulatedDevice({
      natsUrl: nats.url,
      environment: natsSettings(nats, 'device-simulator'),
      deviceId: deviceName,
      workDirectory: join(workDirectory, 'device'),
    });
    undo.push(() => device.stop());
    const destination = owned(workDirectory, 'copy');
    const plans = await plansFor(await device.kubeconfigOf(), workDirectory, destination, options.environment ?? {});
    if (options.resticPassword !== undefined)
      writeForServices(resticPasswordFile(workDirectory), options.resticPassword);
    const runInDestination = async (script: string): Promise<string> => {
      const options = { cwd: destination, stdin: 'ignore' as const, timeout: scriptDeadlineMs };
      return (await execa('bash', ['-euo', 'pipefail', '-c', script], options)).stdout;
    };
    const snapfleet = new SnapfleetDevice({ device, nats, plans, runInDestination, workDirectory, undo });
    undo.push(() => snapfleet.stopServices());
    await snapfleet.startServices();
    return snapfleet;
  } catch (error) {
    await undo.unwind();
    throw error;
  }
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
