import { mkdir, chmod, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createProgramRunner } from '@snapfleet/process';
import { CsiError } from './csi-error.js';

/** A device class of lvmd: where volumes of a kind come from. */
export interface DeviceClass {
  readonly name: string;
  readonly type: 'thin' | 'thick';
  /** Size of the thin pool, or of the room for thick volumes. */
  readonly sizeBytes: number;
  /** How many times its size a thin pool may promise. */
  readonly overprovisionRatio: number;
}

/** A volume: a directory with the facts that LVM would know of it. */
export interface ThinVolume {
  readonly handle: string;
  readonly deviceClass: string;
  readonly sizeBytes: number;
  /** Handle of the volume that it was a snapshot of; empty where there was none. */
  readonly origin: string;
  readonly access: 'read-only' | 'read-write';
  readonly path: string;
}

const programs = createProgramRunner({ allowed: ['cp', 'du'] });
const copyDeadlineMs = 30 * 60_000;
const measureDeadlineMs = 60_000;
/** LVM gives volumes in whole extents, of 4 MiB unless the volume group says otherwise (vgcreate(8)). */
const extentBytes = 4 << 20;

const roundUp = (sizeBytes: number): number => Math.ceil(sizeBytes / extentBytes) * extentBytes;

/**
 * The volumes of one device as directories. A snapshot is a copy, by reflink where the filesystem can do that. Sizes are
 * promised and charged as TopoLVM does it, but a directory is not stopped from growing beyond its size.
 */
export class ThinPool {
  readonly #volumes = new Map<string, ThinVolume>();
  readonly #busy = new Set<string>();

  constructor(
    private readonly directory: string,
    readonly classes: readonly [DeviceClass, ...DeviceClass[]],
  ) {}

  find(handle: string): ThinVolume | undefined {
    return this.#volumes.get(handle);
  }

  list(): readonly ThinVolume[] {
    return [...this.#volumes.values()];
  }

  /** The class of a name; the first one for an empty name. @throws CsiError NotFound */
  classOf(name: string): DeviceClass {
    const found = name === '' ? this.classes[0] : this.classes.find((one) => one.name === name);
    if (found === undefined) throw new CsiError('NotFound', `device-class not found: ${name}`);
    return found;
  }

  /** What may still be promised: floor(ratio x size) less the sizes of all volumes (lvmd, ThinPoolUsage.FreeBytes). */
  freeBytes(deviceClass: DeviceClass): number {
    const budget = Math.floor(
      deviceClass.sizeBytes * (deviceClass.type === 'thin' ? deviceClass.overprovisionRatio : 1),
    );
    return Math.max(0, budget - this.virtualBytes(deviceClass));
  }

  /** The sum of the sizes of a class's volumes. */
  virtualBytes({ name }: DeviceClass): number {
    return this.list()
      .filter((volume) => volume.deviceClass === name)
      .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** Makes an empty volume. @throws CsiError NotFound, ResourceExhausted */
  async create(handle: string, className: string, requestedBytes: number): Promise<ThinVolume> {
    const deviceClass = this.classOf(className);
    const free = this.freeBytes(deviceClass);
    if (free < requestedBytes) {
      const why = `no enough space left on VG: free=${String(free)}, requested=${String(requestedBytes)}`;
      throw new CsiError('ResourceExhausted', why);
    }
    const volume = this.#promise(handle, deviceClass, { requestedBytes, origin: '', access: 'read-write' });
    await mkdir(volume.path, { recursive: true });
    // TopoLVM opens the root of a volume to every user of the Pod (internal/driver/node.go).
    await chmod(volume.path, 0o2777);
    return volume;
  }

  /** Makes a snapshot, or a writable copy of one. @throws CsiError NotFound, ResourceExhausted, OutOfRange, Unimplemented */
  async snapshot(
    handle: string,
    sourceHandle: string,
    requestedBytes: number,
    access: ThinVolume['access'],
  ): Promise<ThinVolume> {
    const source = this.find(sourceHandle);
    if (source === undefined) throw new CsiError('NotFound', `source logical volume ${sourceHandle} is not found`);
    const deviceClass = this.classOf(source.deviceClass);
    this.#checkSnapshot(deviceClass, source, requestedBytes);
    const volume = this.#promise(handle, deviceClass, { requestedBytes, origin: sourceHandle, access });
    const unfinished = `${volume.path}.partial`;
    try {
      await mkdir(this.directory, { recursive: true });
      await programs.run(
        'cp',
        ['--archive', '--reflink=auto', '--sparse=always', '--no-target-directory', '--', source.path, unfinished],
        { deadlineMs: copyDeadlineMs },
      );
      await rename(unfinished, volume.path);
    } catch (error) {
      this.#volumes.delete(handle);
      await rm(unfinished, { recursive: true, force: true });
      throw error;
    }
    return volume;
  }

  /** Grows a volume to at least this size. @throws CsiError NotFound, ResourceExhausted */
  grow(handle: string, requestedBytes: number): ThinVolume {
    const volume = this.find(handle);
    if (volume === undefined) throw new CsiError('NotFound', `logical volume ${handle} is not found`);
    const more = roundUp(requestedBytes) - volume.sizeBytes;
    if (more <= 0) return volume;
    const free = this.freeBytes(this.classOf(volume.deviceClass));
    if (free < more) throw new CsiError('Internal', 'not enough space');
    const grown = { ...volume, sizeBytes: volume.sizeBytes + more };
    this.#volumes.set(handle, grown);
    return grown;
  }

  /** Says whether a volume is open, so that it cannot be removed. */
  setBusy(handle: string, busy: boolean): void {
    if (busy) this.#busy.add(handle);
    else this.#busy.delete(handle);
  }

  /** Removes a volume with its data; one that is not there any more is a success. @throws CsiError where it is open */
  async remove(handle: string): Promise<void> {
    const volume = this.find(handle);
    if (volume === undefined) return;
    if (this.#busy.has(handle)) throw new CsiError('Internal', `Logical volume ${handle} in use.`);
    await rm(volume.path, { recursive: true, force: true });
    this.#volumes.delete(handle);
  }

  /** How much of the disk a volume's data take, in bytes; 0 for one that is removed meanwhile. */
  async usedBytes(volume: ThinVolume): Promise<number> {
    const { stdout } = await programs.run('du', ['--summarize', '--block-size=1', '--', volume.path], {
      deadlineMs: measureDeadlineMs,
      // 1: files went away while it looked, for somebody uses the volume.
      acceptExitCodes: [0, 1],
    });
    return stdout === '' ? 0 : Number.parseInt(stdout, 10);
  }

  #checkSnapshot(deviceClass: DeviceClass, source: ThinVolume, desiredBytes: number): void {
    if (deviceClass.type === 'thick') {
      throw new CsiError('Unimplemented', 'device class is not thin. Thick snapshots are not implemented yet');
    }
    if (source.sizeBytes > desiredBytes) {
      const why = `requested size ${String(desiredBytes)} is smaller than source logical volume: ${String(source.sizeBytes)}`;
      throw new CsiError('OutOfRange', why);
    }
    const free = this.freeBytes(deviceClass);
    if (free < desiredBytes) {
      const why = `no enough space left on VG: free=${String(free)}, desiredSize=${String(desiredBytes)}`;
      throw new CsiError('ResourceExhausted', why);
    }
  }

  #promise(
    handle: string,
    deviceClass: DeviceClass,
    facts: { readonly requestedBytes: number; readonly origin: string; readonly access: ThinVolume['access'] },
  ): ThinVolume {
    const volume: ThinVolume = {
      handle,
      deviceClass: deviceClass.name,
      sizeBytes: roundUp(facts.requestedBytes),
      origin: facts.origin,
      access: facts.access,
      path: join(this.directory, handle),
    };
    this.#volumes.set(handle, volume);
    return volume;
  }
}
