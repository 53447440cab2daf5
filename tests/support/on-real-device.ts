import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readableKubeconfig } from './readable-kubeconfig.js';
import { handOutKeys } from './nats-access.js';
import { startNatsServer } from './nats-server.js';
import { startRealDevice, type RealDevice } from './real-device/real-device.js';
import { UndoStack } from './real-device/undo-stack.js';
import { serverPrograms } from './servers.js';
import { guestPlace, hostPlace, serviceUid } from './services.js';
import { deviceName, type ServicePlan, SnapfleetDevice } from './snapfleet-device.js';
import type { ServiceName } from './services.js';
import type { Guest } from './uml/guest.js';

const backups = '/run/snapfleet-backups';
const commandDeadlineMs = 120_000;

/**
 * Snapfleet on the real device. host-lvm and what reads its leases run in the guest, where the volumes are; the others
 * and NATS run on this machine. Backups go to a file system of their own in the guest.
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
    const guest = device.guest;
    await makeBackupVolume(guest);
    const plans = await plansFor(device, workDirectory);
    const runInDestination = async (script: string): Promise<string> => {
      const options = { workingDirectory: join(backups, 'copy'), deadlineMs: commandDeadlineMs };
      return (await guest.run('bash', ['-euo', 'pipefail', '-c', script], options)).stdout;
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

/** A volume for destinations and scratch; xfs, because the file system of the guest's root keeps no extended attributes. */
async function makeBackupVolume(guest: Guest): Promise<void> {
  const run = (program: string, ...args: readonly string[]): Promise<unknown> =>
    guest.run(program, args, { deadlineMs: commandDeadlineMs });
  await run('lvcreate', '-qy', '-V', '2G', '--thinpool', 'rhel/thinpool', '-n', 'backups');
  await run('mkfs.xfs', '-q', '/dev/rhel/backups');
  await run('mkdir', '-p', backups);
  await run('mount', '-t', 'xfs', '/dev/rhel/backups', backups);
  await run('mkdir', `${backups}/copy`, `${backups}/restic`, `${backups}/scratch`, `${backups}/manifests`);
  await run('chown', '-R', `${serviceUid}:${serviceUid}`, backups);
}

async function plansFor(device: RealDevice, workDirectory: string): Promise<ReadonlyMap<ServiceName, ServicePlan>> {
  const logs = join(workDirectory, 'logs');
  const host = hostPlace(logs);
  const guest = guestPlace(device.guest, logs);
  const restic = join(await serverPrograms('restic'), 'restic');
  const kubeconfig = readableKubeconfig(await device.kubeconfigOf('cluster-operator'), workDirectory);
  const state = join(workDirectory, 'orchestrator');
  mkdirSync(state);
  chownSync(state, serviceUid, serviceUid);
  const movers = {
    SNAPFLEET_DESTINATION: `${backups}/copy`,
    SNAPFLEET_RESTIC_REPOSITORY: `${backups}/restic/repository`,
    SNAPFLEET_RESTIC_PASSWORD_FILE: `${backups}/restic/password`,
    SNAPFLEET_RESTIC_PROGRAM: restic,
  };
  return new Map<ServiceName, ServicePlan>([
    ['orchestrator', { place: host, environment: { SNAPFLEET_JOURNAL: join(state, 'journal.sqlite') } }],
    ['cluster-operator', { place: host, environment: { SNAPFLEET_KUBECONFIG: kubeconfig } }],
    ['host-lvm', { place: guest, environment: { SNAPFLEET_STATE_DIR: '/run/snapfleet-host-lvm' } }],
    ['backup-worker', { place: guest, environment: { ...movers, SNAPFLEET_SCRATCH_DIR: `${backups}/manifests` } }],
    ['restore-verifier', { place: guest, environment: { ...movers, SNAPFLEET_SCRATCH_DIR: `${backups}/scratch` } }],
  ]);
}
