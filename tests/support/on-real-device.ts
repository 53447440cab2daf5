import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardSettings } from './guard-settings.js';
import { readableKubeconfig } from './readable-kubeconfig.js';
import { handOutKeys } from './nats-access.js';
import { startNatsServer } from './nats-server.js';
import { startRealDevice, type RealDevice } from './real-device/real-device.js';
import { UndoStack } from './real-device/undo-stack.js';
import { hostPlace, serviceUid } from './services.js';
import { deviceName, type ServicePlan, SnapfleetDevice } from './snapfleet-device.js';
import type { ServiceName } from './services.js';
import { GuestSystemd } from './systemd/guest-systemd.js';
import type { Guest } from './uml/guest.js';

const backups = '/var/lib/snapfleet/backups';
const stateDevice = '/dev/rhel/snapfleet';
const commandDeadlineMs = 120_000;

/**
 * Snapfleet on the real device. host-lvm and what reads its leases run in the guest, where the volumes are, by their systemd
 * units; the others and NATS run on this machine. Backups go to a file system of their own in the guest.
 */
export async function startOnRealDevice(): Promise<SnapfleetDevice> {
  const undo = new UndoStack();
  const workDirectory = mkdtempSync(join(tmpdir(), 'snapfleet-real-'));
  chmodSync(workDirectory, 0o755);
  undo.push(() => {
    rmSync(workDirectory, { recursive: true, force: true });
  });
  try {
    const device = await startRealDevice({
      workDirectory: join(workDirectory, 'device'),
      diskSize: '8G',
      memory: '3G',
    });
    undo.push(() => device.stop());
    const nats = await startNatsServer({ host: device.hostAddressForGuest, identitiesOf: deviceName });
    undo.push(() => nats.stop());
    handOutKeys(nats);
    await makeStateVolume(device.guest);
    const systemd = await GuestSystemd.start(device.guest, { stateDevice, workDirectory });
    const plans = await plansFor(device, systemd, workDirectory);
    const runInDestination = async (script: string): Promise<string> => {
      const inside = `cd ${backups}/copy && ${script}`;
      return (await systemd.run('bash', ['-euo', 'pipefail', '-c', inside])).stdout;
    };
    const snapfleet = new SnapfleetDevice({ device, nats, plans, runInDestination, workDirectory, systemd, undo });
    undo.push(() => snapfleet.stopServices());
    await snapfleet.startServices();
    return snapfleet;
  } catch (error) {
    await undo.unwind();
    throw error;
  }
}

/** A volume for all that the services keep; xfs, because the file system of the guest's root has no extended attributes. */
async function makeStateVolume(guest: Guest): Promise<void> {
  const run = (program: string, ...args: readonly string[]): Promise<unknown> =>
    guest.run(program, args, { deadlineMs: commandDeadlineMs });
  await run('lvcreate', '-qy', '-V', '2G', '--thinpool', 'rhel/thinpool', '-n', 'snapfleet');
  await run('mkfs.xfs', '-q', stateDevice);
}

async function plansFor(
  device: RealDevice,
  systemd: GuestSystemd,
  workDirectory: string,
): Promise<ReadonlyMap<ServiceName, ServicePlan>> {
  const logs = join(workDirectory, 'logs');
  const host = hostPlace(logs);
  const guest = systemd.place(logs);
  const state = join(workDirectory, 'orchestrator');
  mkdirSync(state);
  chownSync(state, serviceUid, serviceUid);
  const movers = {
    SNAPFLEET_DESTINATION: `${backups}/copy`,
    SNAPFLEET_RESTIC_REPOSITORY: `${backups}/restic/repository`,
    SNAPFLEET_RESTIC_PASSWORD_FILE: `${backups}/restic/password`,
  };
  const kubernetes = async (app: string): Promise<Record<string, string>> => ({
    SNAPFLEET_KUBECONFIG: readableKubeconfig(await device.kubeconfigOf(app), workDirectory, app),
  });
  const guard = guardSettings(workDirectory);
  return new Map<ServiceName, ServicePlan>([
    ['orchestrator', { place: host, environment: { SNAPFLEET_JOURNAL: join(state, 'journal.sqlite') } }],
    ['cluster-operator', { place: host, environment: { ...(await kubernetes('cluster-operator')), ...guard.client } }],
    ['workload-guard', { place: host, environment: { ...(await kubernetes('workload-guard')), ...guard.server } }],
    ['host-lvm', { place: guest, environment: { DM_DISABLE_UDEV: '1' } }],
    ['backup-worker', { place: guest, environment: movers }],
    ['restore-verifier', { place: guest, environment: movers }],
  ]);
}
