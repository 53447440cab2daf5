import type { VolumeHandle } from '@snapfleet/contracts';
import type { ReportedVolume } from '@snapfleet/lvm';
import type { ProcessIdentity } from '../privileged/process-identity.js';

/** The logical volumes of the host. Every method throws SnapfleetError lvm_failed when LVM does. */
export interface VolumeStore {
  /** @throws {SnapfleetError} volume_not_found, volume_ambiguous, volume_not_thin. */
  find(handle: VolumeHandle): Promise<ReportedVolume>;
  /** The volume of this LVM identity, which a removed and recreated volume does not have. */
  byUuid(lvUuid: string): Promise<ReportedVolume | undefined>;
  /** Volume groups that the settings name and the host does not have. */
  missingGroups(): Promise<readonly string[]>;
  activate(volume: ReportedVolume): Promise<void>;
  /** Fails while something has the volume open. */
  deactivate(volume: ReportedVolume): Promise<void>;
}

/** One way to mount a filesystem read-only. */
export interface MountAttempt {
  readonly options: readonly string[];
  /** False: the log is left out, so what is only in it is missing. */
  readonly cleanLog: boolean;
}

/** A private mount namespace in which one volume can be read. */
export interface Holder {
  readonly identity: ProcessIdentity;
  /** Directory or device, as the reader opens it. */
  readonly path: string;
  /** Whether mounts in it can forbid following symbolic links. */
  readonly noSymlinks: boolean;
  readonly ended: Promise<unknown>;
  mount(volume: ReportedVolume, filesystem: string, attempt: MountAttempt): Promise<void>;
  /** A node that the reader's group may read and nobody write. */
  makeDeviceNode(volume: ReportedVolume): Promise<void>;
  /** Throws lvm_failed unless what it shows is this very volume, and not another one that has its name by now. */
  confirm(volume: ReportedVolume): Promise<void>;
  unmount(): Promise<void>;
  /** Ends it, and with it what is mounted. */
  end(): Promise<void>;
}

export interface Holders {
  /** @throws {SnapfleetError} mount_failed */
  start(): Promise<Holder>;
  /** Ends a holder of an earlier run; false when that very process is gone already. */
  endLeftover(identity: ProcessIdentity): Promise<boolean>;
}

/** What a device holds, by its signatures; `several` where they contradict each other. */
export type FoundFilesystem = { readonly kind: 'one'; readonly name: string } | { readonly kind: 'none' | 'several' };

export interface FilesystemProbe {
  filesystemOf(devicePath: string): Promise<FoundFilesystem>;
}

/** Errors of a filesystem that reading does not give. */
export interface FilesystemErrors {
  watch(device: { readonly major: number; readonly minor: number }): FilesystemErrorWatch;
}

export interface FilesystemErrorWatch {
  /** The first error since the watch began, in the words of the kernel. */
  first(): string | undefined;
  stop(): void;
}

/** Where host-lvm tells what it does: an event name and fields. */
export interface HostLog {
  info(event: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
  error(event: string, fields?: Readonly<Record<string, unknown>>): void;
}
