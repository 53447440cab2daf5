import type { ExposureLock } from '../exposure/exposure-lock.js';
import type { HostLog, VolumeStore } from '../exposure/host-ports.js';
import type { RemovalIntent, RemovalJournal } from './removal-journal.js';

/**
 * Looks what became of removals whose end nobody has seen: those that an earlier run of the service had begun, and those of
 * this run that could not be looked at. None is taken up again: whoever wants it asks again, with a proof of now.
 */
export class SettleRemovals {
  #left: readonly RemovalIntent[] | undefined;

  constructor(
    private readonly removals: RemovalJournal,
    private readonly volumes: Pick<VolumeStore, 'byUuid'>,
    private readonly lock: ExposureLock,
    private readonly log: HostLog,
  ) {}

  /** Run again, it looks at what could not be looked at before, and at nothing that is under way. */
  async run(): Promise<void> {
    const intents = this.#left ?? (await this.removals.unfinished());
    this.#left = [];
    for (const intent of intents)
      await this.lock.volume(intent.volumeHandle, async () => {
        if (!(await this.#settle(intent))) this.later(intent);
      });
  }

  /** The next run looks at it. */
  later(intent: RemovalIntent): void {
    const others = (this.#left ?? []).filter(({ lvUuid }) => lvUuid !== intent.lvUuid);
    this.#left = [...others, intent];
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
