import type { NatsConnection } from '@nats-io/nats-core';
import { SnapfleetError, type MessageDefinition, type Outcome } from '@snapfleet/contracts';

/** The outcome that tells an error. */
export const failed = (thrown: unknown): Outcome<never> => ({
  ok: false,
  error: SnapfleetError.from(thrown).toDetail(),
});

/** The outcome that tells what a handler returned, checked by the contract: a wrong reply is the handler's own error. */
export function succeeded(definition: MessageDefinition, result: unknown): Outcome<unknown> {
  if (!('reply' in definition)) return { ok: true, result };
  const reply = definition.reply.safeParse(result);
  if (reply.success) return { ok: true, result: reply.data };
  const issue = reply.error.issues[0];
  const field = (issue?.path ?? []).map(String).join('.');
  return failed(
    new SnapfleetError(
      'internal',
      `the reply to ${definition.name} is not as its contract says: ${field}: ${issue?.message ?? ''}`,
    ),
  );
}

/** The bytes of an outcome; in place of one that is larger than a message of this server may be, the error that it is. */
export function encodeOutcome(
  outcome: Outcome<unknown>,
  connection: Pick<NatsConnection, 'info'> | undefined,
): Uint8Array {
  const bytes = encode(outcome);
  const most = connection?.info?.max_payload ?? Infinity;
  if (bytes.byteLength <= most) return bytes;
  const size = `${String(bytes.byteLength)} bytes, and a message of the nats-server has ${String(most)} at most`;
  // The same request has the same reply: trying it again does not help.
  return encode(failed(new SnapfleetError('internal', `the reply has ${size}`, { retryable: false })));
}

const encode = (outcome: Outcome<unknown>): Uint8Array => new TextEncoder().encode(JSON.stringify(outcome));
