import type { PodUid } from '@snapfleet/contracts';
import type { PodCgroup } from '../privileged/pod-cgroups.js';

/** The cgroups of Pods on this host. */
export interface PodCgroups {
  /** @throws {SnapfleetError} freeze_unsupported */
  find(uid: PodUid): PodCgroup;
  isThere(cgroup: PodCgroup): boolean;
  isAskedToFreeze(cgroup: PodCgroup): boolean;
  /** Lets its processes go on; one that is gone needs nothing. */
  thaw(cgroup: PodCgroup): void;
}

/** How a freeze ended: every process was stopped until it was asked for, or not. */
export type FreezeEnd = { readonly held: true } | { readonly held: false; readonly reason: string };

/** A process that has frozen cgroups, and lets them go when it ends for whatever reason but SIGKILL. */
export interface Watchdog {
  /** Lets them go now. */
  release(): Promise<FreezeEnd>;
  /** Resolves when it has ended, by itself or released. */
  readonly ended: Promise<FreezeEnd>;
}

export interface Watchdogs {
  /**
   * Freezes, and resolves when every process is stopped.
   * @throws {SnapfleetError} freeze_failed; then the processes may go on, or the caller has to let them
   */
  start(cgroups: readonly PodCgroup[], maximumMs: number): Promise<Watchdog>;
}
