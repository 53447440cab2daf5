import type { HostLog, VolumeStore } from '../exposure/host-ports.js';
import type { RemovalIntent, RemovalJournal } from './removal-journal.js';

/**
 * Looks what became of the removals that an earlier run of the service had begun. None is taken up again: whoever wants it
 * asks again, with a proof of now.
 */
export class SettleRemovals {
  #left: readonly RemovalIntent[] | undefined;

  constructor(
    private readonly removals: RemovalJournal,
    private readonly volumes: Pick<VolumeStore, 'byUuid'>,
    private readonly log: HostLog,
  ) {}

  /** Run again, it looks at what could not be looked at before, and at nothing that was begun since. */
  async run(): Promise<void> {
    const unsettled: RemovalIntent[] = [];
    for (const intent of this.#left ?? (await this.removals.unfinished()))
      if (!(await this.#settle(intent))) unsettled.push(intent);
    this.#left = unsettled;
  }

  async #settle({ lvUuid, fullName }: RemovalIntent): Promise<boolean> {
    try {
      const left = await this.volumes.byUuid(lvUuid);
      await this.removals.end(lvUuid);
      this.log.info(left === undefined ? 'volume.destroyed' : 'volume.not-destroyed', { volume: fullName, lvUuid });
      return true;
    } catch (error) {
      this.log.error('removal.unsettled', { volume: fullName, lvUuid, message: String(error) });
      return false;
    }
  }
}
