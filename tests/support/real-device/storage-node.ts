import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootGuest, type Guest } from '../uml/guest.js';
import { configureLvm } from '../uml/lvm-configuration.js';
import { waitUntil } from '../wait-until.js';
import type { ControlPlane } from './control-plane.js';
import { nodeName } from './device-objects.js';
import { GuestServer } from './guest-server.js';
import { writeKubeconfig } from './kubeconfig.js';
import { forwardPort } from './ports.js';
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
  await inGuest(guest, 'pvcreate', '-qy', '/dev/ubdb');
  await inGuest(guest, 'vgcreate', '-q', 'rhel', '/dev/ubdb');
  await inGuest(guest, 'lvcreate', '-qy', '--type', 'thin-pool', '-l', '90%FREE', '-n', 'thinpool', 'rhel');
  return guest;
}

/** Boot the guest again after its power was off; what LVM activates at a boot is active then. */
export async function rebootStorageGuest(guest: Guest): Promise<void> {
  await guest.powerOn();
  await configureLvm(guest);
  await inGuest(guest, 'vgchange', '-q', '-aay', 'rhel');
}

function inGuest(guest: Guest, program: string, ...args: readonly string[]): Promise<unknown> {
  return guest.run(program, args, { deadlineMs: lvmDeadlineMs });
}

/** TopoLVM's node service and the node stand-in, in the guest. */
export class StorageNode {
  private constructor(
    private readonly guest: Guest,
    private readonly controlPlane: ControlPlane,
    /** A kubeconfig for processes in the guest. */
    readonly kubeconfigPath: string,
    private readonly driver: GuestServer,
    private readonly standIn: GuestServer,
  ) {}

  /** Starts both and waits until they serve. */
  static async start(
    guest: Guest,
    controlPlane: ControlPlane,
    directory: string,
    undo: UndoStack,
  ): Promise<StorageNode> {
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
    const server = (name: string, args: readonly string[]): GuestServer =>
      new GuestServer(guest, { directory, name, program: join(controlPlane.programs, name), args, kubeconfigPath });
    const driver = server('topolvm-node', [
      '--embed-lvmd',
      `--config=${lvmdPath}`,
      `--nodename=${nodeName}`,
      `--csi-socket=${driverSocket}`,
      '--metrics-bind-address=127.0.0.1:8080',
    ]);
    const standIn = server('node-stand-in', [
      `--kubeconfig=${kubeconfigPath}`,
      `--node-name=${nodeName}`,
      `--csi-socket=${driverSocket}`,
      `--directory=${publishDirectory}`,
      `--authority=${controlPlane.nodeAuthority}`,
      `--address=${guest.guestAddress}`,
    ]);
    const node = new StorageNode(guest, controlPlane, kubeconfigPath, driver, standIn);
    await node.start();
    return node;
  }

  /** Starts both, at first or in a guest that was booted again. */
  async start(): Promise<void> {
    const { controlPlane, driver, guest, standIn } = this;
    await inGuest(guest, 'mkdir', '-p', '/run/topolvm', '/dev/topolvm');
    await driver.start();
    await standIn.start();
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
  }

  /** The servers by their names. */
  get servers(): ReadonlyMap<string, GuestServer> {
    return new Map([this.driver, this.standIn].map((server) => [server.name, server]));
  }
}
