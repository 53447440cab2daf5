import type { JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { SnapfleetError, type Outcome } from '@snapfleet/contracts';
import type { NatsLink } from '../connection/nats-link.js';
import { writeDeadLetter } from '../dead-letter/dead-letter-writer.js';
import { nestLog, type MessagingLog } from '../messaging-log.js';
import { CallMemory } from './call-memory.js';
import { acknowledgement, confirm } from './confirm.js';
import { inMessageContext } from './handler-context.js';
import type { HandlerTable } from './handler-table.js';
import { callerOf, isPassedBy, readIncoming, type Incoming } from './incoming.js';
import { encodeOutcome, failed, succeeded } from './reply.js';
import type { JetStreamServerOptions } from './server-options.js';
import { backOffFor, settlementOf, type RetryRule, type Settlement } from './settlement.js';

/** One delivery, as the consumer's loop hands it over. */
export interface Received {
  readonly raw: JsMsg;
  readonly connection: NatsConnection;
  readonly ackWaitMs: number;
  readonly rule: RetryRule;
  /** Resolves when it is the message's turn; false: the service stops before. */
  readonly turn: Promise<boolean>;
}

const notBegun: Settlement = {
  kind: 'again',
  delayMs: 0,
  error: new SnapfleetError('interrupted', 'the service stopped before its turn came'),
};

type Readable = Extract<Incoming, { message: unknown }>;

/** Takes one delivered message from reading it to the confirmed word on what became of it. */
export class MessageWorker {
  private readonly log: MessagingLog;
  private readonly calls = new CallMemory();

  constructor(
    private readonly options: JetStreamServerOptions,
    private readonly table: HandlerTable,
    private readonly link: NatsLink,
    private readonly stopping: AbortSignal,
  ) {
    this.log = options.log ?? nestLog();
  }

  /** Resolves when the message is settled, or left to be delivered again; never rejects. */
  async process(received: Received): Promise<void> {
    const { raw, ackWaitMs } = received;
    const progress = setInterval(() => {
      raw.working();
    }, ackWaitMs / 3);
    try {
      const settlement = (await received.turn) ? await this.work(received) : notBegun;
      await this.settle(received, settlement);
    } catch (error) {
      this.log.error('message.unsettled', { subject: raw.subject, sequence: raw.seq, error: String(error) });
    } finally {
      clearInterval(progress);
    }
  }

  private async work(received: Received): Promise<Settlement> {
    const { raw, rule } = received;
    const incoming = readIncoming(raw, this.table, this.options.device);
    if (isPassedBy(incoming, raw.info.consumer)) return { kind: 'done' };
    const replyTo = callerOf(incoming);
    if (replyTo !== undefined) return this.answer(received, incoming, replyTo);
    if ('error' in incoming) return this.giveUp(received, incoming, incoming.error);
    const attempt = raw.info.deliveryCount;
    if (attempt > rule.maxDeliver) {
      const text = `not settled in ${String(rule.maxDeliver)} deliveries: the service ended each time while it worked on it`;
      return this.giveUp(received, incoming, new SnapfleetError('interrupted', text));
    }
    try {
      await this.handle(received, incoming);
      return { kind: 'done' };
    } catch (thrown) {
      if (this.stopping.aborted) return { kind: 'again', delayMs: 0, error: SnapfleetError.from(thrown) };
      const settlement = settlementOf(thrown, attempt, rule);
      return settlement.kind === 'give-up' ? this.giveUp(received, incoming, settlement.error) : settlement;
    }
  }

  /** A device-local command with a caller: whatever comes of it, the caller is told, and tries again as it likes. */
  private async answer(received: Received, incoming: Incoming, replyTo: string): Promise<Settlement> {
    if (this.calls.isRunning(replyTo)) return { kind: 'done' };
    const outcome = this.calls.recall(replyTo) ?? (await this.call(received, incoming, replyTo));
    if (outcome === undefined) {
      return { kind: 'again', delayMs: 0, error: new SnapfleetError('interrupted', 'the service stops') };
    }
    if (!outcome.ok) this.log.warn('command.failed', { subject: received.raw.subject, ...outcome.error });
    received.connection.publish(replyTo, encodeOutcome(outcome, received.connection));
    return { kind: 'done' };
  }

  /** Undefined: the service stops, and the command is for its next start. */
  private async call(received: Received, incoming: Incoming, replyTo: string): Promise<Outcome<unknown> | undefined> {
    if ('error' in incoming) return failed(incoming.error);
    try {
      return await this.calls.run(replyTo, async () => {
        try {
          return succeeded(incoming.definition, await this.handle(received, incoming));
        } catch (thrown) {
          if (this.stopping.aborted) throw thrown;
          this.logUnexpected(thrown);
          return failed(thrown);
        }
      });
    } catch {
      return undefined;
    }
  }

  private handle(received: Received, { definition, message, headers, route }: Readable): Promise<unknown> {
    const { raw, rule } = received;
    const attempt = raw.info.deliveryCount;
    const { subject, seq: sequence } = raw;
    const delivery = { signal: this.stopping, attempt, lastAttempt: attempt >= rule.maxDeliver, subject, sequence };
    const about = { definition, message, headers, attempt };
    return inMessageContext(this.options, about, () => route.handle(message, delivery));
  }

  private async giveUp(received: Received, incoming: Incoming, error: SnapfleetError): Promise<Settlement> {
    const { raw, rule } = received;
    const { definition, envelope, headers } = incoming;
    this.logUnexpected(error);
    try {
      await writeDeadLetter(this.link, raw, { messageId: envelope?.id, headers, error });
      await this.options.onRejected?.(definition, envelope, raw.data, error, raw.subject);
      return { kind: 'give-up', error };
    } catch (thrown) {
      // Nothing is given up silently: until the reason is stored and told, the message comes again.
      this.log.error('dead-letter.failed', { subject: raw.subject, sequence: raw.seq, error: String(thrown) });
      return { kind: 'again', delayMs: backOffFor(raw.info.deliveryCount, rule.backOffMs), error };
    }
  }

  private async settle({ raw, connection, ackWaitMs }: Received, settlement: Settlement): Promise<void> {
    const about = { subject: raw.subject, sequence: raw.seq, attempt: raw.info.deliveryCount };
    if (settlement.kind !== 'done') {
      const { code, message } = settlement.error;
      const event = settlement.kind === 'again' ? 'message.retried' : 'message.dead-lettered';
      this.log.warn(event, { ...about, ...settlement, error: { code, message } });
    }
    const confirmed = await confirm(connection, raw, verbOf(settlement), Math.max(ackWaitMs, 10_000));
    if (!confirmed) this.log.warn('message.unconfirmed', { ...about, settlement: settlement.kind });
  }

  private logUnexpected(thrown: unknown): void {
    const error = SnapfleetError.from(thrown);
    if (error.code !== 'internal') return;
    const stack = error.cause instanceof Error ? error.cause.stack : error.stack;
    this.log.error('handler.unexpected', { message: error.message, stack });
  }
}

function verbOf(settlement: Settlement): string {
  if (settlement.kind === 'done') return acknowledgement.done;
  if (settlement.kind === 'again') return acknowledgement.again(settlement.delayMs);
  return acknowledgement.never(settlement.error.code);
}
