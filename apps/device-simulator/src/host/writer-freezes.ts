import type { DataOf, ReplyOf, WritersFreeze, WritersThaw } from '@snapfleet/contracts';
import { SnapfleetError } from '@snapfleet/contracts';

interface Freeze {
  readonly freezeId: string;
  readonly frozenAt: string;
  readonly sinceMs: number;
  readonly timer: NodeJS.Timeout;
  over: boolean;
}

/** What host-lvm does to the processes of Pods. An embedded device runs none, so there is only the bookkeeping. */
export class WriterFreezes {
  readonly #freezes = new Map<string, Freeze>();
  readonly #thawed = new Set<string>();

  /** @throws SnapfleetError operation_superseded */
  freeze({ operationId, maximumSeconds }: DataOf<typeof WritersFreeze>): ReplyOf<typeof WritersFreeze> {
    if (this.#thawed.has(operationId))
      throw new SnapfleetError('operation_superseded', `operation ${operationId} has let its writers go already`);
    const present = this.#freezes.get(operationId);
    if (present !== undefined && !present.over) return present;
    const freeze: Freeze = {
      freezeId: crypto.randomUUID(),
      frozenAt: new Date().toISOString(),
      sinceMs: performance.now(),
      timer: setTimeout(() => {
        freeze.over = true;
      }, maximumSeconds * 1000).unref(),
      over: false,
    };
    this.#freezes.set(operationId, freeze);
    return freeze;
  }

  thaw({ operationId, freezeId }: DataOf<typeof WritersThaw>): ReplyOf<typeof WritersThaw> {
    this.#thawed.add(operationId);
    const thawedAt = new Date().toISOString();
    const freeze = this.#freezes.get(operationId);
    if (freeze === undefined) return { thawedAt, held: false, reason: 'they were not frozen' };
    clearTimeout(freeze.timer);
    this.#freezes.delete(operationId);
    const frozenMs = Math.round(performance.now() - freeze.sinceMs);
    const held = !freeze.over && freeze.freezeId === freezeId;
    return { thawedAt, held, frozenMs, ...(held ? {} : { reason: 'the time was over' }) };
  }
}
