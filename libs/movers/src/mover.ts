import type { BackupReference, ManifestSummary, Namespace, ObjectName, RestorePointId } from '@snapfleet/contracts';
import type { VolumeMode } from './manifest/scan-volume.js';

/** Which restore point of which volume. */
export interface RestorePointKey {
  readonly restorePointId: RestorePointId;
  readonly namespace: Namespace;
  readonly persistentVolumeClaim: ObjectName;
}

/** How far a mover has come. */
export interface MoverProgress {
  readonly bytesDone: number;
  readonly filesDone: number;
}

interface MoverRun {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: MoverProgress) => void;
}

export interface BackupRequest extends MoverRun, RestorePointKey {
  readonly volumeMode: VolumeMode;
  /** The directory, or for mode Block the device, that is read. */
  readonly source: string;
  /** The manifest of the source; it is kept with the backup. */
  readonly manifestFile: string;
  readonly manifest: ManifestSummary;
  /** Whether the source was read with the log of its filesystem; kept with the backup. */
  readonly cleanLog?: boolean;
  /**
   * Awaited when all has been read and before it counts as a backup: what it throws makes none.
   * @throws SnapfleetError `source_unreadable`
   */
  readonly confirmSource?: () => Promise<void>;
}

/** A backup that is at its destination, whole. */
export interface StoredBackup {
  readonly reference: BackupReference;
  readonly manifest: ManifestSummary;
  readonly volumeMode: VolumeMode;
  /** What the destination grew by, in bytes. */
  readonly addedBytes: number;
  readonly durationMs: number;
  /** Not known of a backup that an earlier version made. */
  readonly cleanLog?: boolean | undefined;
}

export interface RestoreRequest extends MoverRun {
  readonly reference: BackupReference;
  /** A directory that is there and empty. */
  readonly target: string;
}

/** What a restore has put into its target. */
export interface RestoredBackup {
  /** The directory with the tree, or for mode Block the image. */
  readonly path: string;
  readonly volumeMode: VolumeMode;
  /** The manifest that was stored with the backup. */
  readonly manifestFile: string;
}

/**
 * Moves the data of a restore point to a destination and back. Each call may be repeated: what is done already is not
 * done again, and what an interrupted call left is cleaned up by the next one.
 */
export interface Mover {
  readonly name: string;
  /** The backup of a restore point, if it is at the destination and whole. */
  find(key: RestorePointKey): Promise<StoredBackup | undefined>;
  /** @throws SnapfleetError `destination_unavailable`, `mover_failed`, `source_unreadable` */
  backup(request: BackupRequest): Promise<StoredBackup>;
  /** @throws SnapfleetError `backup_not_found`, `destination_unavailable`, `mover_failed` */
  restore(request: RestoreRequest): Promise<RestoredBackup>;
  /** Returns false when it was not there any more. */
  remove(reference: BackupReference): Promise<boolean>;
  /** Removes what interrupted calls left; to be called at the start, when nothing else runs. */
  sweep(): Promise<void>;
  /** Frees the space of what was removed, where that is work of its own; now and then, when nothing else runs. */
  maintain(signal: AbortSignal): Promise<void>;
}

/** The movers of a device by name. */
export type Movers = ReadonlyMap<string, Mover>;
