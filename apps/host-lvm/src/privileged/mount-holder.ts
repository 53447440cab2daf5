import { SnapfleetError } from '@snapfleet/contracts';
import type { RunningProgram } from '@snapfleet/process';
import { chown, mkdir, open, stat, type FileHandle } from 'node:fs/promises';
import type { Holder, MountAttempt } from '../exposure/host-ports.js';
import type { ReportedVolume } from '@snapfleet/lvm';
import { confirmDevice } from './device-identity.js';
import { mountStep } from './mount-failure.js';
import type { PrivilegedPrograms } from './privileged-programs.js';
import type { ProcessIdentity } from './process-identity.js';

/** Where a holder has its mounts, and who may read them. */
export interface HolderPlace {
  readonly runDirectory: string;
  readonly readerGid: number;
}

/**
 * A process that owns a private mount namespace with a small tmpfs, in which one volume is mounted or has its device
 * node. Others reach it by `/proc/<pid>/root`. Its death, for whatever reason, removes the mounts by kernel rule.
 */
export class MountHolder implements Holder {
  readonly #volumePath: string;
  #mounted = false;
  /** Open as long as the lease lasts: then the volume cannot be removed, nor its number be given to another. */
  #device: FileHandle | undefined;

  constructor(
    readonly identity: ProcessIdentity,
    private readonly process: RunningProgram,
    private readonly programs: PrivilegedPrograms,
    private readonly place: HolderPlace,
    readonly noSymlinks: boolean,
  ) {
    this.#volumePath = `${place.runDirectory}/volume`;
  }

  get path(): string {
    return this.#fromOutside(this.#volumePath);
  }

  get ended(): Promise<unknown> {
    return this.process.ended;
  }

  async mount(volume: ReportedVolume, filesystem: string, attempt: MountAttempt): Promise<void> {
    if (!this.#mounted) await mkdir(this.path, { recursive: true });
    const options = attempt.options.join(',');
    await this.#inside(
      ...['mount', '--internal-only', '--types', filesystem, '--options', options],
      ...['--source', volume.deviceMapperPath, '--target', this.#volumePath],
    );
    this.#mounted = true;
  }

  async makeDeviceNode(volume: ReportedVolume): Promise<void> {
    const { device, fullName } = volume;
    if (device === undefined) throw new SnapfleetError('lvm_failed', `${fullName} is active, but has no device`);
    const numbers = [String(device.major), String(device.minor)];
    await this.#inside('mknod', '--mode', '0440', this.#volumePath, 'b', ...numbers);
    // Root owns it, so that the reader cannot give itself the right to write.
    await chown(this.path, 0, this.place.readerGid);
    this.#device = await open(this.path, 'r');
  }

  async confirm(volume: ReportedVolume): Promise<void> {
    const number = this.#device === undefined ? await deviceBelow(this.path) : await deviceOf(this.#device);
    await confirmDevice(number, volume);
  }

  async unmount(): Promise<void> {
    if (!this.#mounted) return;
    await this.#inside('umount', '--internal-only', this.#volumePath);
    this.#mounted = false;
  }

  async end(): Promise<void> {
    await this.process.stop({ forceAfterMs: 0 });
    await this.#device?.close();
    this.#device = undefined;
  }

  async #inside(...command: readonly string[]): Promise<void> {
    const argv = ['--target', String(this.identity.pid), '--mount', '--', ...command];
    await mountStep(this.programs.run('nsenter', argv));
  }

  #fromOutside(path: string): string {
    return `/proc/${String(this.identity.pid)}/root${path}`;
  }
}

const deviceBelow = async (directory: string): Promise<bigint> => (await stat(directory, { bigint: true })).dev;
const deviceOf = async (device: FileHandle): Promise<bigint> => (await device.stat({ bigint: true })).rdev;
