import {
  SnapfleetError,
  type DataOf,
  type OperationId,
  type ReplyOf,
  type WritersFreeze,
  type WritersThaw,
} from '@snapfleet/contracts';
import type { ExposureLock } from '../exposure/exposure-lock.js';
import type { HostLog } from '../exposure/host-ports.js';
import type { PodCgroup } from '../privileged/pod-cgroups.js';
import { currentBootId } from '../privileged/process-identity.js';
import type { FreezeJournal } from './freeze-journal.js';
import type { FreezeEnd, PodCgroups, Watchdog, Watchdogs } from './freeze-ports.js';

interface Freeze {
  readonly freezeId: string;
  readonly frozenAt: string;
  readonly sinceMs: number;
  readonly cgroups: readonly PodCgroup[];
  readonly watchdog: Watchdog;
  readonly secondTimer: NodeJS.Timeout;
  /** Set once it has ended by itself. */
  over: { readonly end: FreezeEnd; readonly atMs: number } | undefined;
}

/** What freezing needs of the host. */
export interface FreezeParts {
  readonly cgroups: PodCgroups;
  readonly watchdogs: Watchdogs;
  readonly journal: FreezeJournal;
  readonly lock: ExposureLock;
  readonly log: HostLog;
}

/** Late commands are minutes late at most, and operations are seconds apart. */
const mostRemembered = 64;
/** After the watchdog's own time this process looks for itself. */
const secondTimerMs = 1_000;

/**
 * Stops the processes of Pods for a few seconds. A watchdog process freezes and lets go; should it be killed, this service
 * lets go, and after a crash of both the journal tells the next run what to let go.
 */
export class FreezeWriters {
  readonly #freezes = new Map<OperationId, Freeze>();
  readonly #thawed = new Set<OperationId>();

  constructor(private readonly parts: FreezeParts) {}

  /** @throws {SnapfleetError} freeze_unsupported, freeze_failed, operation_superseded */
  freeze(command: DataOf<typeof WritersFreeze>): Promise<ReplyOf<typeof WritersFreeze>> {
    return this.parts.lock.writers(command.operationId, () => this.#freeze(command));
  }

  thaw(command: DataOf<typeof WritersThaw>): Promise<ReplyOf<typeof WritersThaw>> {
    return this.parts.lock.writers(command.operationId, () => this.#thaw(command));
  }

  /** Lets go what a killed run of the service has frozen; before the first command is taken. */
  async sweep(bootId = currentBootId()): Promise<void> {
    const { journal, log } = this.parts;
    for (const freeze of journal.openFreezes) {
      if (freeze.bootId === bootId) this.#letGo(freeze.cgroups);
      await journal.remove(freeze.operationId);
      log.warn('writers.thawed-at-start', { operationId: freeze.operationId });
    }
  }

  /** For the end of the service. */
  async thawAll(): Promise<void> {
    await Promise.all([...this.#freezes.keys()].map((operationId) => this.thaw({ operationId })));
  }

  async #freeze(command: DataOf<typeof WritersFreeze>): Promise<ReplyOf<typeof WritersFreeze>> {
    const { operationId } = command;
    if (this.#thawed.has(operationId))
      throw new SnapfleetError('operation_superseded', `operation ${operationId} has let its writers go already`);
    const present = this.#freezes.get(operationId);
    if (present !== undefined && present.over === undefined) return replyOf(present);
    const made = await this.#begin(command);
    this.#freezes.set(operationId, made);
    void made.watchdog.ended.then((end) => this.#whenOver(operationId, made, end));
    return replyOf(made);
  }

  async #begin({ operationId, podUids, maximumSeconds }: DataOf<typeof WritersFreeze>): Promise<Freeze> {
    const { cgroups: host, watchdogs, journal, log } = this.parts;
    const cgroups = podUids.map((uid) => host.find(uid));
    const foreign = cgroups.find((cgroup) => host.isAskedToFreeze(cgroup));
    if (foreign !== undefined)
      throw new SnapfleetError('freeze_failed', `${foreign.directory} is frozen by somebody else`);
    await journal.add({ operationId, bootId: currentBootId(), cgroups });
    const maximumMs = maximumSeconds * 1000;
    try {
      const watchdog = await watchdogs.start(cgroups, maximumMs);
      log.info('writers.frozen', { operationId, pods: podUids.length });
      return {
        freezeId: crypto.randomUUID(),
        frozenAt: new Date().toISOString(),
        sinceMs: performance.now(),
        cgroups,
        watchdog,
        secondTimer: setTimeout(() => {
          this.#letGo(cgroups);
        }, maximumMs + secondTimerMs),
        over: undefined,
      };
    } catch (error) {
      this.#letGo(cgroups);
      await journal.remove(operationId);
      throw error;
    }
  }

  async #thaw({ operationId, freezeId }: DataOf<typeof WritersThaw>): Promise<ReplyOf<typeof WritersThaw>> {
    this.#remember(operationId);
    const freeze = this.#freezes.get(operationId);
    const thawedAt = (): string => new Date().toISOString();
    if (freeze === undefined)
      return { thawedAt: thawedAt(), held: false, reason: 'they were not frozen by this run of host-lvm' };
    freeze.over ??= { end: await freeze.watchdog.release(), atMs: performance.now() };
    const { end, atMs } = freeze.over;
    const missing = freeze.cgroups.some((cgroup) => !this.parts.cgroups.isThere(cgroup));
    this.#freezes.delete(operationId);
    await this.#end(operationId, freeze);
    const reason = reasonOf(end, missing, freeze.freezeId === freezeId);
    const frozenMs = Math.round(atMs - freeze.sinceMs);
    this.parts.log.info('writers.thawed', { operationId, frozenMs, reason });
    return { thawedAt: thawedAt(), held: reason === undefined, frozenMs, ...(reason === undefined ? {} : { reason }) };
  }

  /** The watchdog has ended; if it was killed it let nothing go. */
  async #whenOver(operationId: OperationId, freeze: Freeze, end: FreezeEnd): Promise<void> {
    freeze.over ??= { end, atMs: performance.now() };
    if (this.#freezes.get(operationId) !== freeze) return;
    await this.#end(operationId, freeze).catch((error: unknown) => {
      this.parts.log.error('freeze.end-failed', { operationId, message: String(error) });
    });
  }

  async #end(operationId: OperationId, freeze: Freeze): Promise<void> {
    clearTimeout(freeze.secondTimer);
    this.#letGo(freeze.cgroups);
    await this.parts.journal.remove(operationId);
  }

  #letGo(cgroups: readonly PodCgroup[]): void {
    for (const cgroup of cgroups) {
      try {
        this.parts.cgroups.thaw(cgroup);
      } catch (error) {
        this.parts.log.error('writers.thaw-failed', { cgroup: cgroup.directory, message: String(error) });
      }
    }
  }

  #remember(operationId: OperationId): void {
    this.#thawed.add(operationId);
    const [oldest] = this.#thawed;
    if (this.#thawed.size > mostRemembered && oldest !== undefined) this.#thawed.delete(oldest);
  }
}

const replyOf = ({ freezeId, frozenAt }: Freeze): ReplyOf<typeof WritersFreeze> => ({ freezeId, frozenAt });

function reasonOf(end: FreezeEnd, missing: boolean, same: boolean): string | undefined {
  if (!end.held) return end.reason;
  if (missing) return 'a Pod was removed';
  return same ? undefined : 'they were frozen again after a first freeze had ended';
}
