import type { HostLog, VolumeStore } from '../exposure/host-ports.js';
import type { RemovalJournal } from './removal-journal.js';

/**
 * Looks what became of the removals that an earlier run of the service had begun. None is taken up again: whoever wants it
 * asks again, with a proof of now.
 */
export class SettleRemovals {
  constructor(
    private readonly removals: RemovalJournal,
    private readonly volumes: Pick<VolumeStore, 'byUuid'>,
    private readonly log: HostLog,
  ) {}

  async run(): Promise<void> {
    for (const { lvUuid, fullName } of await this.removals.unfinished()) {
      try {
        const left = await this.volumes.byUuid(lvUuid);
        await this.removals.end(lvUuid);
        this.log.info(left === undefined ? 'volume.destroyed' : 'volume.not-destroyed', { volume: fullName, lvUuid });
      } catch (error) {
        this.log.error('removal.unsettled', { volume: fullName, lvUuid, message: String(error) });
      }
    }
  }
}
