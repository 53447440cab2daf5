import { jetstream, JetStreamApiError, JetStreamError } from '@nats-io/jetstream';
import type { MsgHdrs } from '@nats-io/nats-core';
import { SnapfleetError } from '@snapfleet/contracts';
import { setTimeout as wait } from 'node:timers/promises';
import type { NatsLink } from '../connection/nats-link.js';
import { applyTopology } from '../topology/apply-topology.js';

/** One message for a stream. */
export interface DurableMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers: MsgHdrs;
  /** Nats-Msg-Id: makes trying again safe. */
  readonly messageId: string;
}

const attemptMs = 5_000;
const firstPauseMs = 50;
const longestPauseMs = 2_000;
/** JetStream API error codes after which the same publish can succeed: storage or memory short, stream full, not ready. */
const passingCodes = new Set([10_008, 10_023, 10_028, 10_047, 10_054, 10_077]);

/**
 * Publishes and waits until the stream has stored the message. While the server, JetStream or the stream is away, or the
 * stream is full, it is tried again until the deadline; the stream is declared again when it is missing.
 * @throws SnapfleetError `deadline_exceeded`, `interrupted`, `message_too_large`, or `internal` when the server refuses the
 * message for good
 */
export async function publishDurably(
  link: NatsLink,
  message: DurableMessage,
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  let last: unknown;
  for (let attempt = 0; ; attempt += 1) {
    const leftMs = end - performance.now();
    if (leftMs <= 0) {
      const text = `the stream did not take ${message.subject} within ${String(deadlineMs)} ms: ${String(last)}`;
      throw new SnapfleetError('deadline_exceeded', text, { cause: last });
    }
    if (signal?.aborted === true) throw new SnapfleetError('interrupted', `stopped publishing ${message.subject}`);
    try {
      await publishOnce(link, message, leftMs, signal);
      return;
    } catch (error) {
      last = error;
      if (error instanceof SnapfleetError) throw error;
      if (error instanceof JetStreamApiError && !passingCodes.has(error.code)) {
        throw new SnapfleetError('internal', `the stream refused ${message.subject}: ${error.message}`, {
          cause: error,
        });
      }
      await repair(link, error);
      await wait(Math.min(longestPauseMs, firstPauseMs * 2 ** attempt, Math.max(1, leftMs)), undefined, {
        signal,
      }).catch(() => undefined);
    }
  }
}

async function publishOnce(
  link: NatsLink,
  message: DurableMessage,
  leftMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const connection = await link.whenConnected(leftMs, signal);
  const { subject, payload, headers, messageId } = message;
  const most = connection.info?.max_payload ?? Infinity;
  if (payload.byteLength > most) throw tooLargeForServer(message, most);
  const timeout = Math.max(1, Math.min(attemptMs, leftMs));
  // What was on its way when the connection broke is lost without a word: it need not be waited for.
  const broken = Promise.withResolvers<never>();
  const forget = link.onReconnect(() => {
    broken.reject(new Error('the connection broke'));
  });
  try {
    await Promise.race([
      jetstream(connection).publish(subject, payload, { headers, msgID: messageId, timeout }),
      broken.promise,
    ]);
  } finally {
    forget();
  }
}

/** Another setting of the server would let it through, so that it may be tried again. */
function tooLargeForServer({ subject, payload }: DurableMessage, most: number): SnapfleetError {
  const size = `has ${String(payload.byteLength)} bytes, and a message of the nats-server has ${String(most)} at most`;
  return new SnapfleetError('message_too_large', `${subject} ${size} (max_payload)`, { retryable: true });
}

/** Nobody listens on the subject: JetStream is not up yet, or the stream is gone; the second can be helped. */
async function repair(link: NatsLink, error: unknown): Promise<void> {
  if (!(error instanceof JetStreamError) || !link.connected || link.declares === undefined) return;
  const connection = await link.connection(attemptMs);
  await applyTopology(connection, []).catch(() => undefined);
}
