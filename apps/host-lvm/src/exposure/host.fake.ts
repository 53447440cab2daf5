import { SnapfleetError, type VolumeHandle } from '@snapfleet/contracts';
import type { ReportedVolume } from '@snapfleet/lvm';
import type {
  FilesystemErrors,
  FilesystemErrorWatch,
  FilesystemProbe,
  FoundFilesystem,
  Holder,
  Holders,
  MountAttempt,
  VolumeStore,
} from './host-ports.js';

interface FakeHolder extends Holder {
  kill(): void;
}

/** A host for unit tests: volumes and holders that do as they are told, and remember what was done. */
export class FakeHost implements VolumeStore, Holders, FilesystemProbe, FilesystemErrors {
  readonly effects: string[] = [];
  readonly active = new Set<string>();
  filesystem: FoundFilesystem = { kind: 'one', name: 'xfs' };
  /** What the kernel says of a filesystem while it is read. */
  damage: string | undefined;
  watches = 0;
  /** Volumes that were removed and made again under their name after they were looked up. */
  replaced = false;
  mountable = true;
  dirtyLog = false;
  activatable = true;
  /** Something has the volumes open. */
  busy = false;
  onEffect: (effect: string) => void = () => undefined;
  readonly #holders = new Map<number, FakeHolder>();
  #lastPid = 0;

  constructor(private readonly handles: readonly VolumeHandle[]) {}

  get holdersAlive(): number {
    return this.#holders.size;
  }

  killHolders(): void {
    for (const holder of this.#holders.values()) holder.kill();
  }

  lvUuidOf(handle: string): string {
    return `uuid of ${handle}`;
  }

  find(handle: VolumeHandle): Promise<ReportedVolume> {
    if (this.handles.includes(handle)) return Promise.resolve(this.#reported(handle));
    return Promise.reject(new SnapfleetError('volume_not_found', handle));
  }

  byUuid(lvUuid: string): Promise<ReportedVolume | undefined> {
    const handle = this.handles.find((one) => this.lvUuidOf(one) === lvUuid);
    return Promise.resolve(handle === undefined ? undefined : this.#reported(handle));
  }

  missingGroups(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  activate(volume: ReportedVolume): Promise<void> {
    this.#effect('activate');
    if (!this.activatable) return Promise.reject(new SnapfleetError('lvm_failed', 'cannot be activated'));
    this.active.add(volume.logicalVolume);
    return Promise.resolve();
  }

  deactivate(volume: ReportedVolume): Promise<void> {
    this.#effect('deactivate');
    if (this.busy) return Promise.reject(new SnapfleetError('lvm_failed', 'in use'));
    this.active.delete(volume.logicalVolume);
    return Promise.resolve();
  }

  watch(): FilesystemErrorWatch {
    this.watches += 1;
    return {
      first: () => this.damage,
      stop: () => {
        this.watches -= 1;
      },
    };
  }

  filesystemOf(): Promise<FoundFilesystem> {
    return Promise.resolve(this.filesystem);
  }

  start(): Promise<Holder> {
    const pid = (this.#lastPid += 1);
    this.#effect(`start holder ${String(pid)}`);
    const ended = Promise.withResolvers<undefined>();
    const kill = (): void => {
      this.#holders.delete(pid);
      ended.resolve(undefined);
    };
    const holder: FakeHolder = {
      identity: { bootId: 'boot', pid, startTime: String(pid) },
      path: `/proc/${String(pid)}/root/volume`,
      noSymlinks: true,
      ended: ended.promise,
      mount: (_volume, filesystem, attempt) => this.#mount(filesystem, attempt),
      makeDeviceNode: () => {
        this.#effect('make device node');
        return Promise.resolve();
      },
      confirm: () => (this.replaced ? Promise.reject(new SnapfleetError('lvm_failed', 'replaced')) : Promise.resolve()),
      unmount: () => Promise.resolve(),
      end: () => {
        kill();
        return Promise.resolve();
      },
      kill,
    };
    this.#holders.set(pid, holder);
    return Promise.resolve(holder);
  }

  endLeftover({ pid }: { readonly pid: number }): Promise<boolean> {
    return Promise.resolve(this.#holders.delete(pid));
  }

  #mount(filesystem: string, attempt: MountAttempt): Promise<void> {
    this.#effect(`mount ${filesystem} ${attempt.options.join(',')}`);
    const works = this.mountable && !(this.dirtyLog && attempt.cleanLog);
    return works ? Promise.resolve() : Promise.reject(new Error('cannot be mounted'));
  }

  #effect(effect: string): void {
    this.effects.push(effect);
    this.onEffect(effect);
  }

  #reported(handle: VolumeHandle): ReportedVolume {
    const active = this.active.has(handle);
    return {
      volumeGroup: 'rhel',
      logicalVolume: handle,
      lvUuid: this.lvUuidOf(handle),
      fullName: `rhel/${handle}`,
      path: `/dev/rhel/${handle}`,
      deviceMapperPath: `/dev/mapper/rhel-${handle.replaceAll('-', '--')}`,
      sizeBytes: 1 << 30,
      segmentType: 'thin',
      pool: 'thinpool',
      origin: '',
      dataPercent: active ? 1 : undefined,
      metadataPercent: undefined,
      healthStatus: '',
      checkNeeded: false,
      whenFull: 'queue',
      chunkBytes: 0,
      zeroing: true,
      access: 'read-only',
      active,
      open: false,
      neededByOthers: false,
      device: active ? { major: 253, minor: 7 } : undefined,
    };
  }
}
