import { type BackupReference, SnapfleetError, type RestorePointId, type VolumeReference } from '@snapfleet/contracts';
import { moverOf, type Movers } from '@snapfleet/movers';

export interface RemoveOrder extends VolumeReference {
  readonly restorePointId: RestorePointId;
  readonly backup: BackupReference;
}

/** Deletes one backup at its destination; one that is not there any more is a success. */
export class RemoveBackup {
  constructor(private readonly movers: Movers) {}

  async run({ backup }: RemoveOrder): Promise<{ removed: boolean }> {
    const mover = moverOf(this.movers, backup.mover);
    try {
      return { removed: await mover.remove(backup) };
    } catch (error) {
      if (error instanceof SnapfleetError && error.code === 'backup_not_found') return { removed: false };
      throw error;
    }
  }
}
