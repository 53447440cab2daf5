/**
 * A real device on this machine: etcd, Kubernetes 1.37, the snapshot and CSI controllers and TopoLVM's controller as
 * processes here; TopoLVM's node service with a real LVM thin pool (`rhel/thinpool`) and real mounts in a guest with a
 * kernel of its own (../uml). Needs root, Go and what ../uml needs. The servers are built once (tools/servers/build).
 *
 *   const device = await startRealDevice();              // 15-25 s; throws with the log of what did not start
 *   const namespace = await device.namespace();
 *   await device.applyObjects(claim, pod);               // bound, formatted, mounted, Running
 *   await device.writeFiles({ namespace, persistentVolumeClaim: 'data' }, { 'hello.txt': 'hello' });
 *   await device.stop();                                 // in `afterAll`; it also ends by itself when this process ends
 *
 * In place of a kubelet the node stand-in (tools/servers/node-stand-in) has TopoLVM publish, expand and unpublish the
 * volumes of every Pod bound to the Node and keeps the Pods' status. Only Pods with `restartPolicy: Never` whose containers
 * all name a command run them: as processes of this machine's programs, whatever the image says. Other Pods run nothing but
 * the commands that are asked for through the API server (exec).
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ClaimName, DeviceCapabilities, DeviceUnderTest, Manifest } from '../device-under-test.js';
import type { Guest } from '../uml/guest.js';
import { grantAccess } from './app-access.js';
import type { ClusterClient } from './cluster-client.js';
import { startControlPlane, type ControlPlane } from './control-plane.js';
import { lvsArguments, parseThinVolumes, type ThinVolume } from './logical-volumes.js';
import {
  bootStorageGuest,
  publishDirectory,
  rebootStorageGuest,
  StorageNode,
  type StorageNodeOptions,
} from './storage-node.js';
import type { GuestServer } from './guest-server.js';
import type { ServerProcess } from './server-process.js';
import { waitUntil } from '../wait-until.js';
import { UndoStack } from './undo-stack.js';
import { parseFiles, readingScript, writingScript } from './volume-files.js';

const consumerDeadlineMs = 120_000;
const scriptDeadlineMs = 600_000;

export interface RealDeviceOptions extends StorageNodeOptions {
  /** Where files and logs go; it is kept. Default: a temporary directory, which `stop` removes. */
  readonly workDirectory?: string;
}

/** Starts a real device; when something does not start, all that did is stopped again. */
export async function startRealDevice(options: RealDeviceOptions = {}): Promise<RealDevice> {
  const undo = new UndoStack();
  const directory = options.workDirectory ?? mkdtempSync(join(tmpdir(), 'snapfleet-device-'));
  mkdirSync(directory, { recursive: true });
  if (options.workDirectory === undefined) {
    undo.push(() => {
      rmSync(directory, { recursive: true, force: true });
    });
  }
  try {
    const booting = bootStorageGuest(options, undo);
    booting.catch(() => undefined);
    const controlPlane = await startControlPlane(directory, undo).catch(async (error: unknown) => {
      await booting.catch(() => undefined);
      throw error;
    });
    const guest = await booting;
    const storageNode = await StorageNode.start(guest, controlPlane, directory, undo);
    return new RealDevice({ controlPlane, storageNode, directory, guest, undo });
  } catch (error) {
    await undo.unwind();
    throw error;
  }
}

interface RealDeviceParts {
  readonly controlPlane: ControlPlane;
  readonly storageNode: StorageNode;
  readonly directory: string;
  readonly guest: Guest;
  readonly undo: UndoStack;
}

/** A device that runs. */
export class RealDevice implements DeviceUnderTest {
  readonly name = 'real';
  readonly capabilities: DeviceCapabilities = {
    runsAssertions: true,
    runsAnyCommand: true,
    roles: true,
    blockVolumes: true,
    realLogicalVolumes: true,
  };

  /** For processes in the guest. */
  readonly guestKubeconfigPath: string;
  readonly kubeconfigPath: string;
  /** Where the servers' files and logs are. */
  readonly directory: string;
  readonly guest: Guest;
  readonly controlPlane: ControlPlane;
  readonly #storageNode: StorageNode;
  readonly #cluster: ClusterClient;
  readonly #undo: UndoStack;

  constructor(parts: RealDeviceParts) {
    this.controlPlane = parts.controlPlane;
    this.kubeconfigPath = parts.controlPlane.kubeconfigPath;
    this.guestKubeconfigPath = parts.storageNode.kubeconfigPath;
    this.directory = parts.directory;
    this.guest = parts.guest;
    this.#storageNode = parts.storageNode;
    this.#cluster = parts.controlPlane.cluster;
    this.#undo = parts.undo;
  }

  /** An address of this machine that the guest reaches; a server that both need listens there. */
  get hostAddressForGuest(): string {
    return this.guest.hostAddress;
  }

  kubeconfigOf(app: string): Promise<string> {
    return grantAccess(this.controlPlane, app);
  }

  namespace(): Promise<string> {
    return this.#cluster.namespace();
  }

  applyObjects(...objects: readonly Manifest[]): Promise<Manifest[]> {
    return this.#cluster.apply(objects);
  }

  /** For a claim with `volumeMode: Block` the working directory is the one of its device, named in $DEVICE. */
  async runInVolume(claim: ClaimName, script: string): Promise<string> {
    const path = await this.volumePath(claim);
    const { stdout } = await this.guest.run('bash', ['-euo', 'pipefail', '-c', script], {
      workingDirectory: path.endsWith('/mount') ? path : dirname(path),
      env: { DEVICE: path },
      deadlineMs: scriptDeadlineMs,
    });
    return stdout;
  }

  async writeFiles(claim: ClaimName, files: Readonly<Record<string, string>>): Promise<void> {
    await this.runInVolume(claim, writingScript(files));
  }

  async readFiles(claim: ClaimName): Promise<Record<string, string>> {
    return parseFiles(await this.runInVolume(claim, readingScript));
  }

  /** Where, in the guest, the volume of a claim is published for the Running Pod that uses it. Waits for such a Pod. */
  async volumePath({ namespace, persistentVolumeClaim }: ClaimName): Promise<string> {
    const volume = await this.#cluster.publishedVolume(namespace, persistentVolumeClaim, consumerDeadlineMs);
    const pod = join(publishDirectory, 'pods', volume.podUid);
    return volume.volumeMode === 'Block'
      ? join(pod, 'devices', volume.volumeName)
      : join(pod, 'volumes', volume.volumeName, 'mount');
  }

  /** The thin volumes of the pool. */
  async logicalVolumes(): Promise<readonly ThinVolume[]> {
    const { stdout } = await this.guest.run('lvs', lvsArguments, { deadlineMs: scriptDeadlineMs });
    return parseThinVolumes(stdout);
  }

  async logicalVolumeExists(handle: string): Promise<boolean> {
    return (await this.logicalVolumes()).some((volume) => volume.name === handle);
  }

  /** Where logical volumes are mounted in the guest's own mount namespace. */
  async mounts(): Promise<readonly { readonly device: string; readonly directory: string }[]> {
    const { stdout } = await this.guest.run('cat', ['/proc/mounts'], { deadlineMs: scriptDeadlineMs });
    return stdout.split('\n').flatMap((line) => {
      const [device, directory] = line.split(' ');
      return device?.startsWith('/dev/') && directory !== undefined ? [{ device, directory }] : [];
    });
  }

  /** From now on every server is started again when it ends, as systemd or a kubelet does on a device. */
  keepServersRunning(): void {
    for (const server of this.#servers()) server.keepRunning();
  }

  /** `kill -9` of a server, `etcd` for one; it is started again where `keepServersRunning` was asked for. */
  async kill9(name: string): Promise<void> {
    const server = this.#servers().find((one) => one.name === name);
    if (server === undefined) throw new Error(`this device has no ${name}`);
    await server.kill9();
  }

  /** Kills all servers and the kernel of the guest at once; what was not on a disk by then is lost. */
  async cutPower(): Promise<void> {
    this.keepServersRunning();
    for (const server of this.#storageNode.servers.values()) server.giveUp();
    await Promise.all([
      this.guest.powerOff(),
      ...[...this.controlPlane.servers.values()].map((server) => server.cut()),
    ]);
  }

  /** Starts all of it again from what is on the disks, at the same addresses, and waits until it serves. */
  async powerOn(): Promise<void> {
    for (const server of this.controlPlane.servers.values()) server.start();
    await rebootStorageGuest(this.guest);
    await this.apiServerIsReady();
    await this.#storageNode.start();
  }

  async apiServerIsReady(): Promise<void> {
    const deadline = { deadlineMs: consumerDeadlineMs, pauseMs: 100 };
    await waitUntil('the API server is ready', () => this.#cluster.isReady(), deadline);
  }

  #servers(): (GuestServer | ServerProcess)[] {
    return [...this.controlPlane.servers.values(), ...this.#storageNode.servers.values()];
  }

  stop(): Promise<void> {
    return this.#undo.unwind();
  }
}
