import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootGuest, type Guest } from '../uml/guest.js';
import { configureLvm } from '../uml/lvm-configuration.js';
import { waitUntil } from '../wait-until.js';
import type { ControlPlane } from './control-plane.js';
import { nodeName } from './device-objects.js';
import { writeKubeconfig } from './kubeconfig.js';
import { forwardPort } from './ports.js';
import { tailOf } from './server-process.js';
import type { UndoStack } from './undo-stack.js';

const lvmDeadlineMs = 60_000;
const readyDeadlineMs = 120_000;
const driverSocket = '/run/topolvm/csi.sock';

/** Where the node stand-in publishes volumes, in the guest. */
export const publishDirectory = '/run/snapfleet-node';

export interface StorageNodeOptions {
  readonly memory?: string;
  readonly diskSize?: string;
}

const lvmd = {
  'device-classes': [
    {
      name: 'thin',
      'volume-group': 'rhel',
      default: true,
      'spare-gb': 0,
      type: 'thin',
      'thin-pool': { name: 'thinpool', 'overprovision-ratio': 10 },
    },
  ],
};

/** Boot the guest and make the volume group `rhel` with the thin pool `thinpool` on nearly all of its disk. */
export async function bootStorageGuest(options: StorageNodeOptions, undo: UndoStack): Promise<Guest> {
  const guest = await bootGuest(options);
  undo.push(() => guest.stop());
  await configureLvm(guest);
  const lvm = (program: string, ...args: readonly string[]): Promise<unknown> =>
    guest.run(program, args, { deadlineMs: lvmDeadlineMs });
  await lvm('pvcreate', '-qy', '/dev/ubdb');
  await lvm('vgcreate', '-q', 'rhel', '/dev/ubdb');
  await lvm('lvcreate', '-qy', '--type', 'thin-pool', '-l', '90%FREE', '-n', 'thinpool', 'rhel');
  return guest;
}

/**
 * Start TopoLVM's node service and the node stand-in in the guest, and wait until both serve.
 * @returns the path of a kubeconfig for processes in the guest
 */
export async function startStorageNode(
  guest: Guest,
  controlPlane: ControlPlane,
  directory: string,
  undo: UndoStack,
): Promise<string> {
  const forwarded = await forwardPort(guest.hostAddress, controlPlane.apiServerPort);
  undo.push(() => forwarded.close());
  const kubeconfigPath = join(directory, 'kubeconfig.guest.json');
  writeKubeconfig(kubeconfigPath, {
    url: `https://${guest.hostAddress}:${String(forwarded.port)}`,
    certificatePath: controlPlane.certificatePath,
    token: controlPlane.token,
  });
  const lvmdPath = join(directory, 'lvmd.yaml');
  writeFileSync(lvmdPath, JSON.stringify(lvmd));
  await guest.run('mkdir', ['-p', '/run/topolvm', '/dev/topolvm'], { deadlineMs: lvmDeadlineMs });

  const start = (name: string, args: readonly string[]): Promise<GuestServer> =>
    startInGuest(guest, { directory, name, program: join(controlPlane.programs, name), args, kubeconfigPath });
  const driver = await start('topolvm-node', [
    '--embed-lvmd',
    `--config=${lvmdPath}`,
    `--nodename=${nodeName}`,
    `--csi-socket=${driverSocket}`,
    '--metrics-bind-address=127.0.0.1:8080',
  ]);
  const standIn = await start('node-stand-in', [
    `--kubeconfig=${kubeconfigPath}`,
    `--node-name=${nodeName}`,
    `--csi-socket=${driverSocket}`,
    `--directory=${publishDirectory}`,
    `--authority=${controlPlane.nodeAuthority}`,
    `--address=${guest.guestAddress}`,
  ]);
  const ready = waitUntil(
    'TopoLVM has reported the capacity of the node and the node stand-in serves',
    async () => {
      const annotations = await controlPlane.cluster.nodeAnnotations(nodeName);
      const serves = standIn.said('serving the Pods') && standIn.said('serving commands');
      return annotations['capacity.topolvm.io/thin'] !== undefined && serves;
    },
    { deadlineMs: readyDeadlineMs, pauseMs: 250 },
  );
  await Promise.race([ready, driver.failed, standIn.failed, controlPlane.failed]);
  return kubeconfigPath;
}

interface GuestServer {
  /** Rejects with the end of its output when the server, or the guest, ends. */
  readonly failed: Promise<never>;
  said(words: string): boolean;
}

interface GuestServerOptions {
  readonly directory: string;
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly kubeconfigPath: string;
}

/** Start a server in the guest, with its output in `<directory>/<name>.log`. */
async function startInGuest(guest: Guest, options: GuestServerOptions): Promise<GuestServer> {
  const logPath = join(options.directory, `${options.name}.log`);
  const { output, ended } = await guest.start(options.program, options.args, {
    env: { KUBECONFIG: options.kubeconfigPath },
    onLine: (line) => {
      appendFileSync(logPath, `${line}\n`);
    },
  });
  const failed = ended.then(({ exitCode, signal }) => {
    throw new Error(`${options.name} ended with ${String(exitCode ?? signal)}:\n${tailOf(logPath)}`);
  });
  failed.catch(() => undefined);
  return { failed, said: (words) => output.stderr.includes(words) || output.stdout.includes(words) };
}
