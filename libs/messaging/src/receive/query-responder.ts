import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';
import { SnapfleetError, subjectFor, type Outcome } from '@snapfleet/contracts';
import { nestLog, type MessagingLog } from '../messaging-log.js';
import { inMessageContext } from './handler-context.js';
import type { HandlerTable, Route } from './handler-table.js';
import { readIncoming } from './incoming.js';
import { encodeOutcome, failed, succeeded } from './reply.js';
import type { JetStreamServerOptions } from './server-options.js';
import { Slots } from './slots.js';

const mostAtATime = 16;

/** Answers queries: core NATS request and reply, shared by the instances of a service as a queue group. */
export class QueryResponder {
  private readonly log: MessagingLog;
  private readonly slots = new Slots(mostAtATime);
  private readonly running = new Set<Promise<void>>();
  private subscriptions: Subscription[] = [];
  private connection: NatsConnection | undefined;
  private stopped = false;

  constructor(
    private readonly options: JetStreamServerOptions,
    private readonly table: HandlerTable,
    private readonly stopping: AbortSignal,
  ) {
    this.log = options.log ?? nestLog();
  }

  /** Subscribes on this connection, once; the client subscribes again by itself after a reconnect. */
  listen(connection: NatsConnection): void {
    if (this.connection === connection || this.stopped) return;
    this.connection = connection;
    this.subscriptions = this.table.ofPlane('svc').map((route) => {
      const subscription = connection.subscribe(subjectFor(route.definition, this.options.device), {
        queue: this.options.party,
      });
      void this.serve(subscription, route);
      return subscription;
    });
  }

  /** Takes no more queries. */
  stop(): void {
    this.stopped = true;
    for (const subscription of this.subscriptions) subscription.unsubscribe();
  }

  /** Resolves when every query that was taken is answered. */
  async idle(): Promise<void> {
    await Promise.all(this.running);
  }

  private async serve(subscription: Subscription, route: Route): Promise<void> {
    for await (const query of subscription) {
      await this.slots.acquire();
      const ended = this.answer(query, route).finally(() => {
        this.running.delete(ended);
        this.slots.release();
      });
      this.running.add(ended);
    }
  }

  private async answer(query: Msg, route: Route): Promise<void> {
    const outcome = await this.outcomeOf(query, route).catch((thrown: unknown) => failed(thrown));
    try {
      query.respond(encodeOutcome(outcome, this.connection));
    } catch (error) {
      // The connection is closed: the caller asks again, and a question unanswered is no reason to end the service.
      this.log.warn('query.unanswered', { subject: query.subject, error: String(error) });
    }
  }

  private async outcomeOf(query: Msg, route: Route): Promise<Outcome<unknown>> {
    const incoming = readIncoming(query, this.table, this.options.device);
    if ('error' in incoming) return failed(incoming.error);
    const { definition, message, headers } = incoming;
    const delivery = { signal: this.stopping, attempt: 1, lastAttempt: true, subject: query.subject, sequence: 0 };
    const about = { definition, message, headers, attempt: 1 };
    const result = await inMessageContext(this.options, about, () => route.handle(message, delivery));
    if (definition.kind !== 'query') throw new SnapfleetError('internal', `${definition.name} is not a query`);
    return succeeded(definition, result);
  }
}
