import { type ReplyOf, VolumeConceal, VolumeExpose, type VolumeHandle } from '@snapfleet/contracts';
import type { VolumeMode } from '../manifest/scan-volume.js';
import type { AgentCaller } from './agent-caller.js';
import { HeldLease, leaseSeconds } from './held-lease.js';

/** Which volume is to be read. */
export interface Exposure {
  readonly volumeHandle: VolumeHandle;
  readonly volumeMode: VolumeMode;
  /** The same key gives the same lease, so a repeated attempt takes over what an interrupted one had. */
  readonly leaseKey: string;
}

export type ExposedVolume = ReplyOf<typeof VolumeExpose> & {
  /**
   * To be called when all has been read: the kernel passes over some damage without an error for who reads.
   * @throws SnapfleetError `source_unreadable`; `lease_not_found`, to be tried again
   */
  readonly confirmIntact: () => Promise<void>;
  /**
   * For a part of the work that deals with its errors itself: an error of reading after the lease was lost is told as the lost
   * lease, as for the work as a whole.
   */
  readonly reading: <T>(read: () => Promise<T>) => Promise<T>;
};

export interface ExposureContext {
  readonly agent: AgentCaller;
  readonly signal: AbortSignal;
  /** The lease could not be given back; it ends by itself. */
  readonly onConcealFailed: (error: unknown) => void;
}

const exposeDeadlineMs = 180_000;
const concealDeadlineMs = 120_000;

/**
 * Reads a volume while host-lvm exposes it: takes a lease, keeps it while the work lasts, and always gives it back.
 * @param work gets a signal that is aborted too when the lease is lost, with the reason
 */
export async function withExposedVolume<T>(
  { agent, signal, onConcealFailed }: ExposureContext,
  exposure: Exposure,
  work: (volume: ExposedVolume, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const askedMs = performance.now();
  const volume = await agent.call(
    VolumeExpose,
    { ...exposure, leaseSeconds },
    { deadlineMs: exposeDeadlineMs, signal },
  );
  const lost = new AbortController();
  const over = new AbortController();
  const lease = new HeldLease(agent, volume.leaseId, askedMs);
  const keeping = lease.keep(over.signal).catch((error: unknown) => {
    lost.abort(error);
  });
  const confirmIntact = (): Promise<void> => lease.confirmIntact(signal);
  const working = AbortSignal.any([signal, lost.signal]);
  const reading = async <R>(read: () => Promise<R>): Promise<R> => {
    try {
      return await read();
    } catch (thrown) {
      throw await lease.explain(thrown, signal);
    }
  };
  try {
    return await reading(() => work({ ...volume, confirmIntact, reading }, working));
  } finally {
    over.abort();
    await keeping;
    await giveBackLease({ agent, onConcealFailed }, volume.leaseId);
  }
}

/** Ends a lease, also one that an attempt before this one has left because it was killed; that there is none is no failure. */
export async function giveBackLease(
  { agent, onConcealFailed }: Omit<ExposureContext, 'signal'>,
  leaseId: string,
): Promise<void> {
  await agent.call(VolumeConceal, { leaseId }, { deadlineMs: concealDeadlineMs }).catch(onConcealFailed);
}
