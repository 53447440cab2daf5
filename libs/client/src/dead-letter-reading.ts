import type { MsgHdrs } from '@nats-io/nats-core';
import { type DeadLetterReason, readDeadLetterReason } from '@snapfleet/contracts';
import { z } from 'zod';

/** A message that a service gave up on. */
export interface DeadLetter {
  /** Its number in the dead-letter stream: what `show` and `putBack` take. */
  readonly number: number;
  readonly at: Date;
  readonly reason: DeadLetterReason;
  /** The original payload, where the service could still save it; else it is fetched from the stream it came from. */
  readonly payload: Uint8Array | undefined;
  readonly headers: MsgHdrs | undefined;
}

/** What nats-server publishes when a consumer will not get a message again (ADR-33 of the NATS architecture). */
const Advisory = z.object({
  type: z.string(),
  stream: z.string(),
  consumer: z.string(),
  stream_seq: z.number().int().nonnegative(),
  deliveries: z.number().int().nonnegative(),
  reason: z.string().optional(),
});

function fromAdvisory(payload: Uint8Array): DeadLetterReason | undefined {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
  const advisory = Advisory.safeParse(json);
  if (!advisory.success) return undefined;
  const { stream, consumer, stream_seq, deliveries, reason, type } = advisory.data;
  return {
    subject: type,
    stream,
    durable: consumer,
    sequence: stream_seq,
    attempts: deliveries,
    errorCode: 'interrupted',
    errorMessage: reason ?? 'the service ended in each of the attempts, and said no more',
  };
}

/** A message of the dead-letter stream, however it was fetched. */
export interface StoredMessage {
  readonly subject: string;
  readonly seq: number;
  readonly time: Date;
  readonly data: Uint8Array;
  readonly headers: MsgHdrs | undefined;
}

/**
 * The server's notice that it delivers a message no more. Its notices of terminated messages are passed over: a service
 * terminates what it has put here itself.
 */
const notice = '$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.';

/** A message of the dead-letter stream: a dead letter, or the server's own notice of one. */
export function readDeadLetter(stored: StoredMessage): DeadLetter | undefined {
  if (stored.subject.startsWith(notice)) {
    const reason = fromAdvisory(stored.data);
    return reason && { number: stored.seq, at: stored.time, reason, payload: undefined, headers: undefined };
  }
  const reason = readDeadLetterReason((name) => stored.headers?.get(name));
  return reason && { number: stored.seq, at: stored.time, reason, payload: stored.data, headers: stored.headers };
}

const keyOf = ({ reason }: DeadLetter): string => `${reason.stream} ${reason.durable} ${String(reason.sequence)}`;

/** Leaves out the server's notices of messages that the service itself has put here with its reason. */
export function withoutNotices(letters: readonly DeadLetter[]): DeadLetter[] {
  const saved = new Set(letters.filter((letter) => letter.payload !== undefined).map(keyOf));
  return letters.filter((letter) => letter.payload !== undefined || !saved.has(keyOf(letter)));
}
