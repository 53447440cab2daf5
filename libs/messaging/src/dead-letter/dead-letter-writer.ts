import type { JsMsg } from '@nats-io/jetstream';
import { headers } from '@nats-io/nats-core';
import { deadLetterHeadersFor, deadLetterSubject, type SnapfleetError } from '@snapfleet/contracts';
import type { NatsLink } from '../connection/nats-link.js';
import { publishDurably } from '../publish/publish-durably.js';

const deadlineMs = 30_000;
/** What the headers of a dead letter may add to a message, in bytes. */
const roomForHeaders = 8 * 1024;
const keptOfTooLarge = 64 * 1024;

/**
 * Stores a message that its consumer gave up on, with the reason. Once for each delivery sequence, however often tried.
 * @throws SnapfleetError when the dead-letter stream does not take it
 */
export async function writeDeadLetter(
  link: NatsLink,
  message: JsMsg,
  messageId: string | undefined,
  error: SnapfleetError,
): Promise<void> {
  const { stream, consumer, streamSequence, deliveryCount, timestampNanos } = message.info;
  const { info } = await link.connection(deadlineMs);
  const fits = message.data.byteLength + roomForHeaders <= (info?.max_payload ?? Infinity);
  const header = headers();
  for (const [name, values] of message.headers ?? []) {
    // Headers of the server's own (Nats-Msg-Id, Nats-Expected-…) would act on the dead letter itself.
    if (!name.toLowerCase().startsWith('nats-')) for (const value of values) header.append(name, value);
  }
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
