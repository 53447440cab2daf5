import { setTimeout as wait } from 'node:timers/promises';
import {
  type ReplyOf,
  SnapfleetError,
  VolumeConceal,
  VolumeExpose,
  type VolumeHandle,
  VolumeRenew,
} from '@snapfleet/contracts';
import type { VolumeMode } from '../manifest/scan-volume.js';
import type { AgentCaller } from './agent-caller.js';

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
   * @throws SnapfleetError `source_unreadable`
   */
  readonly confirmIntact: () => Promise<void>;
};

export interface ExposureContext {
  readonly agent: AgentCaller;
  readonly signal: AbortSignal;
  /** The lease could not be given back; it ends by itself. */
  readonly onConcealFailed: (error: unknown) => void;
}

const leaseSeconds = 600;
const renewEveryMs = 100_000;
const exposeDeadlineMs = 180_000;
const renewDeadlineMs = 60_000;
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
  const volume = await agent.call(
    VolumeExpose,
    { ...exposure, leaseSeconds },
    { deadlineMs: exposeDeadlineMs, signal },
  );
  const lost = new AbortController();
  const over = new AbortController();
  const renewing = keepLease(agent, volume.leaseId, over.signal).catch((error: unknown) => {
    lost.abort(error);
  });
  const confirmIntact = (): Promise<void> => confirmVolume(agent, volume.leaseId, signal);
  try {
    return await work({ ...volume, confirmIntact }, AbortSignal.any([signal, lost.signal]));
  } finally {
    over.abort();
    await renewing;
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

async function confirmVolume(agent: AgentCaller, leaseId: string, signal: AbortSignal): Promise<void> {
  const { damage } = await agent.call(VolumeRenew, { leaseId, leaseSeconds }, { deadlineMs: renewDeadlineMs, signal });
  if (damage === undefined) return;
  throw new SnapfleetError('source_unreadable', `The filesystem is damaged, and not all of it was read: ${damage}`);
}

/** Resolves when the work is over; rejects when the lease is lost. */
async function keepLease(agent: AgentCaller, leaseId: string, over: AbortSignal): Promise<void> {
  let endsMs = performance.now() + leaseSeconds * 1000;
  const isOver = (): boolean => over.aborted;
  for (;;) {
    await wait(renewEveryMs, undefined, { signal: over, ref: false }).catch(() => undefined);
    if (isOver()) return;
    try {
      await agent.call(VolumeRenew, { leaseId, leaseSeconds }, { deadlineMs: renewDeadlineMs, signal: over });
      endsMs = performance.now() + leaseSeconds * 1000;
    } catch (thrown) {
      if (isOver()) return;
      const error = SnapfleetError.from(thrown);
      if (!error.retryable || performance.now() > endsMs) throw leaseLost(leaseId, error);
    }
  }
}

// To be tried again: the next attempt exposes the volume anew.
const leaseLost = (leaseId: string, cause: SnapfleetError): SnapfleetError =>
  new SnapfleetError('lease_not_found', `The lease ${leaseId} was lost: ${cause.message}`, { cause, retryable: true });
