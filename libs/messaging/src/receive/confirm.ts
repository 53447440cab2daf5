import type { JsMsg } from '@nats-io/jetstream';
import { nanos, RequestError, TimeoutError, type NatsConnection } from '@nats-io/nats-core';
import { setTimeout as wait } from 'node:timers/promises';

/** What can be said of a delivered message (nats-server, server/consumer.go, processAck). */
export const acknowledgement = {
  done: '+ACK',
  again: (delayMs: number): string => (delayMs <= 0 ? '-NAK' : `-NAK ${JSON.stringify({ delay: nanos(delayMs) })}`),
  never: (reason: string): string => `+TERM ${reason}`,
} as const;

const attemptMs = 2_000;

/**
 * Tells the server what became of a message and waits until it has confirmed that, again across reconnects until the
 * deadline. False: not confirmed, so the message will be delivered again.
 */
export async function confirm(
  connection: NatsConnection,
  message: JsMsg,
  verb: string,
  deadlineMs: number,
): Promise<boolean> {
  const subject = acknowledgementSubject(message);
  const end = performance.now() + deadlineMs;
  while (performance.now() < end && !connection.isClosed()) {
    try {
      await connection.request(subject, verb, { timeout: attemptMs });
      return true;
    } catch (error) {
      // Nobody listens for the acknowledgement: the stream or the consumer is gone, and the delivery with it.
      if (error instanceof RequestError && error.isNoResponders()) return false;
      if (!(error instanceof TimeoutError)) await wait(100);
    }
  }
  return false;
}

/** The client has the subject, but its own acknowledgements cannot be tried again: the first try makes it deaf. */
function acknowledgementSubject(message: JsMsg): string {
  if ('reply' in message && typeof message.reply === 'string') return message.reply;
  throw new Error('the client gives no acknowledgement subject');
}
