import type { Msg, Subscription } from '@nats-io/nats-core';
import { createInbox } from '@nats-io/nats-core';
import {
  outcomeSchema,
  SnapfleetError,
  type AgentCommandDefinition,
  type DataInputOf,
  type Outcome,
  type ReplyOf,
} from '@snapfleet/contracts';
import type { NatsLink } from '../connection/nats-link.js';
import type { MessagingOptions } from '../messaging-options.js';
import { outgoingMessage } from './outgoing-message.js';
import { publishDurably } from './publish-durably.js';

/** How a device-local command is asked for. */
export interface CallContext {
  /** How long the caller waits; the command is not begun after that either. */
  readonly deadlineMs: number;
  readonly workflowId?: string | undefined;
  readonly causationId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Settle = (reply: Msg) => void;
const shortestRepeatMs = 2_000;
const soonMs = 500;

/** Calls the other services of the device: a command through the agent stream, its outcome on an inbox. */
export class AgentCommands {
  private readonly waiting = new Map<string, Settle>();
  private readonly inbox: string;
  private subscription: Subscription | undefined;
  private calls = 0;

  constructor(
    private readonly link: NatsLink,
    private readonly options: MessagingOptions,
  ) {
    this.inbox = createInbox(link.inboxPrefix);
  }

  /**
   * Resolves with the reply. A command or reply that is lost with a broken connection or stream does not hang the call:
   * after each third of the deadline the command is published again; its owner runs it once.
   * @throws SnapfleetError what the owner threw, `message_too_large` before anything is sent, `deadline_exceeded` when nobody
   * answered, `interrupted` when the signal aborted without a SnapfleetError as reason
   */
  async call<Definition extends AgentCommandDefinition>(
    definition: Definition,
    data: DataInputOf<Definition>,
    context: CallContext,
  ): Promise<ReplyOf<Definition>> {
    const { deadlineMs, signal } = context;
    throwIfAborted(definition, signal);
    const begun = performance.now();
    const replyTo = `${this.inbox}.${String((this.calls += 1))}`;
    const { workflowId, causationId } = context;
    const publish = async (): Promise<void> => {
      const leftMs = Math.max(1, deadlineMs - (performance.now() - begun));
      // By the clock of now, which may have been set since the call began.
      const expires = new Date(Date.now() + leftMs);
      const message = outgoingMessage(this.options, definition, data, { workflowId, causationId, replyTo, expires });
      await this.listen(leftMs, signal);
      await publishDurably(this.link, message, leftMs, signal);
    };
    const outcome = await this.awaitOutcome(definition, replyTo, { deadlineMs, signal, publish });
    if (!outcome.ok) throw SnapfleetError.fromDetail(outcome.error);
    return outcome.result as ReplyOf<Definition>;
  }

  private awaitOutcome(
    definition: AgentCommandDefinition,
    replyTo: string,
    wish: { deadlineMs: number; signal: AbortSignal | undefined; publish: () => Promise<void> },
  ): Promise<Outcome<unknown>> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome<unknown>>();
    const end = setTimeout(() => {
      reject(
        new SnapfleetError(
          'deadline_exceeded',
          `${definition.name} was not answered within ${String(wish.deadlineMs)} ms`,
        ),
      );
    }, wish.deadlineMs);
    let again: NodeJS.Timeout | undefined;
    const publishSoon = (): void => {
      clearTimeout(again);
      again = setTimeout(() => {
        wish.publish().catch(() => undefined);
      }, soonMs);
    };
    // A reply that was on its way when the connection broke is lost; its owner remembers it.
    const forget = this.link.onReconnect(publishSoon);
    const repeat = setInterval(
      () => {
        wish.publish().catch(() => undefined);
      },
      Math.max(shortestRepeatMs, wish.deadlineMs / 3),
    );
    const abort = (): void => {
      reject(abortError(definition, wish.signal));
    };
    wish.signal?.addEventListener('abort', abort, { once: true });
    this.waiting.set(replyTo, (reply) => {
      const outcome = readOutcome(definition, reply);
      if (outcome instanceof SnapfleetError) reject(outcome);
      // The clock was set while the command was on its way: by the time that has really passed, it may still be begun.
      else if (!outcome.ok && outcome.error.code === 'command_expired') publishSoon();
      else resolve(outcome);
    });
    wish.publish().catch(reject);
    return promise.finally(() => {
      clearTimeout(end);
      clearInterval(repeat);
      clearTimeout(again);
      forget();
      wish.signal?.removeEventListener('abort', abort);
      this.waiting.delete(replyTo);
    });
  }

  /** One subscription for all replies; the client subscribes again by itself after a reconnect. */
  private async listen(deadlineMs: number, signal: AbortSignal | undefined): Promise<void> {
    const connection = await this.link.connection(deadlineMs, signal);
    if (this.subscription !== undefined && !this.subscription.isClosed()) return;
    this.subscription = connection.subscribe(`${this.inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.waiting.get(message.subject)?.(message);
      },
    });
  }
}

/** The outcome in a reply, or the error that says why it cannot be read. */
function readOutcome(definition: AgentCommandDefinition, reply: Msg): Outcome<unknown> | SnapfleetError {
  let json: unknown;
  try {
    json = reply.json();
  } catch (cause) {
    return new SnapfleetError('internal', `the reply to ${definition.name} is not JSON`, { cause });
  }
  const outcome = outcomeSchema(definition.reply).safeParse(json);
  if (outcome.success) return outcome.data;
  const what = `the reply to ${definition.name} does not follow its schema`;
  return new SnapfleetError('internal', what, { cause: outcome.error });
}

function abortError(definition: AgentCommandDefinition, signal: AbortSignal | undefined): SnapfleetError {
  if (signal?.reason instanceof SnapfleetError) return signal.reason;
  return new SnapfleetError('interrupted', `stopped waiting for ${definition.name}`, { cause: signal?.reason });
}

function throwIfAborted(definition: AgentCommandDefinition, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortError(definition, signal);
}
