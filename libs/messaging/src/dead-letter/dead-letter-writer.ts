import type { JsMsg } from '@nats-io/jetstream';
import { headers, Match, type MsgHdrs } from '@nats-io/nats-core';
import { deadLetterHeadersFor, deadLetterSubject, type SnapfleetError } from '@snapfleet/contracts';
import type { NatsLink } from '../connection/nats-link.js';
import { publishDurably } from '../publish/publish-durably.js';

const deadlineMs = 30_000;
/** What all headers of a dead letter have at most, in bytes: a subject, the reason, and what is kept of the message's own. */
const roomForHeaders = 16 * 1024;
const keptOfTooLarge = 64 * 1024;
/** The headers of a message that mean something to whom it is put back for; others could leave no room for the reason. */
const keptHeaders = ['Content-Type', 'traceparent', 'tracestate'] as const;
const longestKeptHeader = 512;

/** What is known of a message that is given up. */
export interface GivenUp {
  readonly messageId: string | undefined;
  /** Undefined: it has none, or they cannot be read. */
  readonly headers: MsgHdrs | undefined;
  readonly error: SnapfleetError;
}

/**
 * Stores a message that its consumer gave up on, with the reason. Once for each delivery sequence, however often tried.
 * @throws SnapfleetError when the dead-letter stream does not take it
 */
export async function writeDeadLetter(
  link: NatsLink,
  message: JsMsg,
  { messageId, headers: original, error }: GivenUp,
): Promise<void> {
  const { stream, consumer, streamSequence, deliveryCount, timestampNanos } = message.info;
  const { info } = await link.connection(deadlineMs);
  const fits = message.data.byteLength + roomForHeaders <= (info?.max_payload ?? Infinity);
  const header = keptOf(original);
  const reason = {
    subject: message.subject,
    stream,
    durable: consumer,
    sequence: streamSequence,
    attempts: deliveryCount,
    errorCode: error.code,
    errorMessage: error.message,
    ...(messageId === undefined ? {} : { messageId }),
    ...(fits ? {} : { truncatedFrom: message.data.byteLength }),
  };
  for (const [name, value] of deadLetterHeadersFor(reason)) header.set(name, value);
  const letter = {
    subject: deadLetterSubject(stream, consumer),
    payload: fits ? message.data : message.data.subarray(0, keptOfTooLarge),
    headers: header,
    messageId: `dlq:${stream}:${consumer}:${String(streamSequence)}:${String(timestampNanos)}`,
  };
  await publishDurably(link, letter, deadlineMs);
}

/** Headers of the server's own (Nats-Msg-Id, Nats-Expected-…) would act on the dead letter itself. */
function keptOf(original: MsgHdrs | undefined): MsgHdrs {
  const kept = headers();
  for (const name of keptHeaders) {
    const value = original?.get(name, Match.IgnoreCase) ?? '';
    if (value !== '' && value.length <= longestKeptHeader) kept.set(name, value);
  }
  return kept;
}
