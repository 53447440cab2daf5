import { SnapfleetError, type DataOf, type ReplyOf, type VolumeDestroy } from '@snapfleet/contracts';
import type { ReportedVolume } from '@snapfleet/lvm';
import type { ExposureLock } from '../exposure/exposure-lock.js';
import type { HostLog } from '../exposure/host-ports.js';
import type { LeaseJournal } from '../exposure/lease-journal.js';
import type { LeaseTable } from '../exposure/lease-table.js';
import { isLeased } from './is-leased.js';
import { LockHeldError } from './lock-held-error.js';
import type { RemovableVolumes } from './removable-volumes.js';
import type { RemovalIntent, RemovalJournal } from './removal-journal.js';
import type { SettleRemovals } from './settle-removals.js';

type Request = DataOf<typeof VolumeDestroy>;
type Reply = ReplyOf<typeof VolumeDestroy>;

/** What removing needs of the host and of the service. */
export interface RemovalParts {
  readonly volumes: RemovableVolumes;
  readonly leases: LeaseTable;
  readonly leaseJournal: LeaseJournal;
  readonly removals: RemovalJournal;
  /** Looks later at what could not be looked at after it. */
  readonly settle: Pick<SettleRemovals, 'later'>;
  readonly lock: ExposureLock;
  readonly log: HostLog;
  readonly now: () => Date;
  readonly sleep: (milliseconds: number) => Promise<unknown>;
}

/** How old the caller's proof that nothing refers to the volume may be when `lvremove` is started, which waits for nothing. */
const proofAgeMs = 60_000;
/** Others, such as the reports of TopoLVM, hold the lock of a volume group for moments only. */
const lockAttempts = 5;
const lockPauseMs = 1_000;
/** How far the clock of the caller, who is on the same machine, may seem to be ahead. */
const clockSlackMs = 5_000;

/**
 * Removes one thin volume. That nothing refers to it is proven by the caller, shortly before; that it is this very volume,
 * a thin one, unused and needed by no other is looked at here, and by LVM once more under its lock.
 */
export class DestroyVolume {
  constructor(private readonly parts: RemovalParts) {}

  /** @throws {SnapfleetError} the errors of the message `volume.destroy`. */
  async run(request: Request): Promise<Reply> {
    return await this.parts.lock.volume(request.volumeHandle, () => this.#destroy(request));
  }

  async #destroy(request: Request): Promise<Reply> {
    const { volumeHandle, lvUuid, dryRun } = request;
    const volume = await this.#find(request);
    if (volume === undefined)
      return { proof: [`LVM has no logical volume of the name ${volumeHandle}`], removed: false };
    this.#expectUnused(volume);
    this.#expectFresh(request);
    const proof = [
      `${volume.fullName} is the thin volume with LVM's UUID ${lvUuid}, of ${String(volume.sizeBytes)} bytes`,
      `${volume.fullName} is neither open nor leased, and no other volume needs it`,
    ];
    if (dryRun) return { proof, removed: false };
    await this.#remove(volume, request);
    return { proof: [...proof, `lvs does not report ${volume.fullName} any more`], removed: true };
  }

  /** @throws {SnapfleetError} volume_replaced, volume_ambiguous, volume_not_thin, lvm_failed */
  async #find({ volumeHandle, lvUuid }: Request): Promise<ReportedVolume | undefined> {
    try {
      const volume = await this.parts.volumes.find(volumeHandle);
      if (volume.lvUuid === lvUuid) return volume;
      const what = `${volume.fullName} has the UUID ${volume.lvUuid}, and not ${lvUuid}`;
      throw new SnapfleetError('volume_replaced', what);
    } catch (error) {
      if (error instanceof SnapfleetError && error.code === 'volume_not_found') return undefined;
      throw error;
    }
  }

  #expectUnused(volume: ReportedVolume): void {
    const { leases, leaseJournal } = this.parts;
    const why = volume.open
      ? 'something has its device open'
      : isLeased(volume.lvUuid, leases, leaseJournal)
        ? 'a lease is on it'
        : volume.neededByOthers
          ? 'other logical volumes depend on it'
          : undefined;
    if (why !== undefined) throw new SnapfleetError('volume_in_use', `${volume.fullName} is not removed: ${why}`);
  }

  #expectFresh({ provenAt, volumeHandle }: Request): void {
    const ageMs = this.parts.now().getTime() - Date.parse(provenAt);
    if (ageMs <= proofAgeMs && ageMs >= -clockSlackMs) return;
    const what = `that nothing refers to ${volumeHandle} was proven at ${provenAt}, which is not within the last minute`;
    throw new SnapfleetError('proof_expired', what);
  }

  async #remove({ fullName }: ReportedVolume, request: Request): Promise<void> {
    const { removals, log, now } = this.parts;
    const { volumeHandle, lvUuid } = request;
    const intent = { volumeHandle, lvUuid, fullName, begunAt: now().toISOString() };
    await removals.begin(intent);
    const failure = await this.#tryRemoval(request).then(
      () => new SnapfleetError('lvm_failed', `LVM did not take ${fullName} for what was to be removed`),
      (error: unknown) => SnapfleetError.from(error),
    );
    const left = await this.#lookAfter(intent);
    await removals.end(lvUuid);
    if (left === undefined) {
      log.info('volume.destroyed', { volume: fullName, lvUuid });
      return;
    }
    log.warn('volume.not-destroyed', { volume: fullName, lvUuid, message: failure.message });
    this.#expectUnused(left);
    throw failure;
  }

  /** The proof is looked at each time in the turn of the command, which may have waited for others. */
  async #tryRemoval(request: Request, attempt = 1): Promise<void> {
    const { volumes, sleep } = this.parts;
    try {
      await volumes.remove(request.volumeHandle, request.lvUuid, () => {
        this.#expectFresh(request);
      });
    } catch (error) {
      if (!(error instanceof LockHeldError) || attempt === lockAttempts) throw error;
      await sleep(lockPauseMs);
      await this.#tryRemoval(request, attempt + 1);
    }
  }

  /** While LVM does not answer nobody knows whether it took place. */
  async #lookAfter(intent: RemovalIntent): Promise<ReportedVolume | undefined> {
    try {
      return await this.parts.volumes.byUuid(intent.lvUuid);
    } catch (error) {
      this.parts.settle.later(intent);
      throw error;
    }
  }
}
