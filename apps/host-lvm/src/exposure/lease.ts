import type { LogicalVolumeFacts, VolumeHandle } from '@snapfleet/contracts';
import type { FilesystemErrorWatch, Holder, MountAttempt } from './host-ports.js';
import type { MountableFilesystem } from './mount-attempts.js';

/** A volume that is readable until `expiresAt`. */
export interface Lease {
  readonly leaseId: string;
  readonly volumeHandle: VolumeHandle;
  readonly volumeMode: 'Filesystem' | 'Block';
  readonly holder: Holder;
  /** Whether the volume is active because of this lease or one that it shares the volume with. */
  readonly activates: boolean;
  readonly logicalVolume: LogicalVolumeFacts;
  /** How it was mounted; undefined for a device. */
  readonly mounted:
    | {
        readonly filesystem: MountableFilesystem;
        readonly attempt: MountAttempt;
        readonly errors: FilesystemErrorWatch;
      }
    | undefined;
}

/** A lease in the table, with its end. */
export interface HeldLease extends Lease {
  readonly expiresAt: Date;
  /** It is about to end or could not be ended yet: it cannot be renewed. */
  readonly ending: boolean;
}
