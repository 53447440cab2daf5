import { VolumeDestroy, VolumeInventory, type VolumeHandle } from '@snapfleet/contracts';
import type { HostUnderTest } from './host-under-test.js';
import { handleOf, volumes } from './volumes.js';

const firstNumber = 300;

/** Volumes that are there to be removed: snapshots that nobody reads, as orphans are. */
export class SpareVolumes {
  #made = 0;
  #left: readonly VolumeHandle[] = [];

  constructor(
    private readonly host: HostUnderTest,
    private readonly callDeadlineMs: number,
  ) {}

  /** How many have not been removed yet. */
  get left(): number {
    return this.#left.length;
  }

  /** Has host-lvm remove one, as the orchestrator does it: by the UUID that was listed just now. */
  async removeOne(): Promise<void> {
    const [first = await this.#make(), ...others] = this.#left;
    // Who asks meanwhile removes another one.
    this.#left = [...others, first];
    const deadline = { deadlineMs: this.callDeadlineMs };
    const { volumes: listed } = await this.host.call(VolumeInventory, {}, deadline);
    const lvUuid = listed.find(({ logicalVolume }) => logicalVolume === first)?.lvUuid;
    if (lvUuid !== undefined) {
      const provenAt = new Date().toISOString();
      await this.host.call(VolumeDestroy, { volumeHandle: first, lvUuid, provenAt, dryRun: false }, deadline);
    }
    this.#left = this.#left.filter((handle) => handle !== first);
  }

  async #make(): Promise<VolumeHandle> {
    const handle = handleOf(firstNumber + (this.#made += 1));
    this.#left = [...this.#left, handle];
    await this.host.inGuest('lvcreate -qq -s -n "$1" "rhel/$2"', handle, volumes.ext2);
    return handle;
  }
}
