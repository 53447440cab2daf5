import type { AgentCommandDefinition, Envelope, MessageDefinition, SnapfleetError } from '@snapfleet/contracts';
import type { ConnectionOptions } from '../messaging-options.js';

/** What a log line of a handler should carry, to follow one operation through all services. */
export interface MessageLogContext {
  /** The operation, or the message's own id when it belongs to none. */
  readonly correlationId: string;
  readonly messageId: string;
  readonly message: string;
  readonly attempt: number;
}

/** Called for each message that this service gives up, before it is terminated; `payload` is what came over the wire. */
export type OnRejected = (
  definition: MessageDefinition | undefined,
  envelope: Envelope | undefined,
  payload: Uint8Array,
  error: SnapfleetError,
  subject: string,
) => Promise<void>;

/** Options of the receiving side. */
export interface JetStreamServerOptions extends ConnectionOptions {
  /**
   * A message was given up: it is poison, of another device, expired, refused by its handler, or failed on its last
   * attempt. Device-local commands with a caller are not among them: the caller gets the error. When this throws, the
   * message is delivered again.
   */
  readonly onRejected?: OnRejected | undefined;
  /** Runs a handler so that its log lines carry this context. */
  readonly runInContext?: (<T>(context: MessageLogContext, work: () => Promise<T>) => Promise<T>) | undefined;
  /** How many messages of one stream are worked on at a time. Default: what the contracts declare. */
  readonly concurrency?: number | undefined;
  /**
   * Commands that wait for no other: they are worked on at once, beside the bound of `concurrency`. Their stream is then
   * read on however much is being worked on, and what is not urgent waits here for its turn.
   */
  readonly urgent?: readonly AgentCommandDefinition[] | undefined;
  readonly ackWaitMs?: number | undefined;
  readonly maxDeliver?: number | undefined;
  /** Delays before the second, third, … attempt; the last one repeats. Default: 1 s, 5 s, 30 s, 2 min, 10 min. */
  readonly backOffMs?: readonly number[] | undefined;
  /** At close: how long handlers may go on before their signal is aborted. Default 5,000. */
  readonly finishMs?: number | undefined;
  /** At close: how long handlers may take altogether before their messages are given back. Default 20,000. */
  readonly drainDeadlineMs?: number | undefined;
}
