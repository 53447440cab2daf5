import { SnapfleetError, type DataOf, type ReplyOf, type VolumeExpose } from '@snapfleet/contracts';
import { toFacts, type ReportedVolume } from '@snapfleet/lvm';
import { currentBootId } from '../privileged/process-identity.js';
import type { ConcealVolume } from './conceal-volume.use-case.js';
import type { EndExposure } from './end-exposure.js';
import type {
  FilesystemErrors,
  FilesystemProbe,
  Holder,
  Holders,
  HostLog,
  MountAttempt,
  VolumeStore,
} from './host-ports.js';
import type { ExposureLock } from './exposure-lock.js';
import type { LeaseJournal } from './lease-journal.js';
import type { Lease } from './lease.js';
import type { LeaseTable } from './lease-table.js';
import { mountableFilesystem, mountAttempts } from './mount-attempts.js';

type Request = DataOf<typeof VolumeExpose>;
type Reply = ReplyOf<typeof VolumeExpose>;

/** What exposing needs of the host and of the service. */
export interface ExposureParts {
  readonly volumes: VolumeStore;
  readonly holders: Holders;
  readonly probe: FilesystemProbe;
  readonly filesystemErrors: FilesystemErrors;
  readonly leases: LeaseTable;
  readonly journal: LeaseJournal;
  readonly lock: ExposureLock;
  readonly endExposure: EndExposure;
  readonly conceal: ConcealVolume;
  readonly log: HostLog;
}

/** Makes a volume readable for the workers, as a lease with an end. The same key gives the same lease. */
export class ExposeVolume {
  constructor(private readonly parts: ExposureParts) {}

  /** @throws {SnapfleetError} the errors of the message `volume.expose`. */
  async run(request: Request): Promise<Reply> {
    const { lock } = this.parts;
    return await lock.lease(request.leaseKey, () => lock.volume(request.volumeHandle, () => this.#expose(request)));
  }

  async #expose(request: Request): Promise<Reply> {
    return (await this.#existing(request)) ?? (await this.#create(request));
  }

  async #existing(request: Request): Promise<Reply | undefined> {
    const lease = this.parts.leases.get(request.leaseKey);
    if (lease === undefined) return undefined;
    if (lease.volumeHandle !== request.volumeHandle || lease.volumeMode !== request.volumeMode)
      throw new SnapfleetError('invalid_message', `The lease ${lease.leaseId} is of another volume or mode`, {
        field: 'leaseKey',
        rule: 'names one lease of one volume',
      });
    const expiresAt = this.parts.leases.renew(lease.leaseId, request.leaseSeconds);
    if (expiresAt !== undefined) return replyOf(lease, expiresAt);
    await this.parts.conceal.end(lease);
    return undefined;
  }

  async #create(request: Request): Promise<Reply> {
    const { volumes, leases, journal, holders, endExposure, log } = this.parts;
    const leaseId = request.leaseKey;
    const found = await volumes.find(request.volumeHandle);
    const { lvUuid, fullName } = found;
    const sharing = leases.sharing(lvUuid, leaseId);
    const bootId = currentBootId();
    const activates = !found.active || journal.activatedByUs(lvUuid, bootId);
    const { volumeHandle } = request;
    await journal.write({ event: 'exposing', leaseId, bootId, volumeHandle, lvUuid, fullName, activates });
    let holder: Holder | undefined;
    let mounted: Lease['mounted'];
    try {
      const volume = found.active ? found : await this.#activate(found, request);
      holder = await holders.start();
      await journal.write({ event: 'held', leaseId, holder: holder.identity });
      mounted = await this.#offer(request, volume, holder, sharing);
      // It was mounted by its name; between the look-up and that, the name may have gone to another volume.
      await holder.confirm(volume);
      const lease: Lease = { ...request, leaseId, holder, activates, logicalVolume: toFacts(volume), mounted };
      const expiresAt = leases.add(lease, request.leaseSeconds);
      this.parts.conceal.whenHolderEnds(lease);
      log.info('volume.exposed', { leaseId, volume: fullName, activates, expiresAt: expiresAt.toISOString() });
      return replyOf(lease, expiresAt);
    } catch (error) {
      mounted?.errors.stop();
      await endExposure.run({ leaseId, lvUuid, activates, holder }).catch((undoing: unknown) => {
        log.error('volume.undo-failed', { leaseId, message: String(undoing) });
      });
      throw error;
    }
  }

  /** What was found before may be gone or another volume by now, so it is looked at again. */
  async #activate(found: ReportedVolume, request: Request): Promise<ReportedVolume> {
    const { volumes } = this.parts;
    await volumes.activate(found);
    const volume = await volumes.find(request.volumeHandle);
    if (volume.lvUuid === found.lvUuid && volume.active) return volume;
    throw new SnapfleetError('lvm_failed', `${found.fullName} is not active, or was replaced in the meantime`);
  }

  async #offer(
    request: Request,
    volume: ReportedVolume,
    holder: Holder,
    sharing: readonly Lease[],
  ): Promise<Lease['mounted']> {
    if (request.volumeMode === 'Block') {
      await holder.makeDeviceNode(volume);
      return undefined;
    }
    const filesystem = mountableFilesystem(
      await this.parts.probe.filesystemOf(volume.deviceMapperPath),
      volume.fullName,
    );
    // Mounts of one device share its state in the kernel, so a second one takes the log as the first one took it.
    const first = sharing.find((other) => other.mounted !== undefined)?.mounted;
    const attempts = first === undefined ? mountAttempts(filesystem, holder.noSymlinks) : [first.attempt];
    const errors = this.parts.filesystemErrors.watch(deviceOf(volume));
    try {
      return { filesystem, attempt: await this.#mount(holder, volume, filesystem, attempts), errors };
    } catch (error) {
      errors.stop();
      throw error;
    }
  }

  async #mount(
    holder: Holder,
    volume: ReportedVolume,
    filesystem: string,
    attempts: readonly MountAttempt[],
  ): Promise<MountAttempt> {
    const failures: unknown[] = [];
    for (const attempt of attempts) {
      try {
        await holder.mount(volume, filesystem, attempt);
        if (!attempt.cleanLog)
          this.parts.log.warn('volume.log-left-out', { volume: volume.fullName, because: failures.map(String) });
        return attempt;
      } catch (error) {
        failures.push(error);
      }
    }
    const said = failures.map((failure) => (failure instanceof Error ? failure.message : String(failure)));
    throw new SnapfleetError('mount_failed', `${volume.fullName} (${filesystem}): ${said.join(' | ')}`, {
      cause: failures.at(-1),
    });
  }
}

function deviceOf({ device, fullName }: ReportedVolume): NonNullable<ReportedVolume['device']> {
  if (device !== undefined) return device;
  throw new SnapfleetError('lvm_failed', `${fullName} is active, but has no device`);
}

function replyOf(lease: Lease, expiresAt: Date): Reply {
  return {
    leaseId: lease.leaseId,
    path: lease.holder.path,
    expiresAt: expiresAt.toISOString(),
    ...(lease.mounted === undefined ? {} : { filesystem: lease.mounted.filesystem }),
    mountOptions: [...(lease.mounted?.attempt.options ?? [])],
    cleanLog: lease.mounted?.attempt.cleanLog ?? true,
    logicalVolume: lease.logicalVolume,
  };
}
