import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import type { NatsConnection } from '@nats-io/nats-core';
import { consumersOf, SnapfleetError } from '@snapfleet/contracts';
import { setTimeout as wait } from 'node:timers/promises';
import { NatsLink } from './connection/nats-link.js';
import { jetStreamTransport, type HandlerExtras } from './handler.decorators.js';
import { nestLog, type MessagingLog } from './messaging-log.js';
import { ConsumerLoop } from './receive/consumer-loop.js';
import { HandlerTable } from './receive/handler-table.js';
import { MessageWorker } from './receive/message-worker.js';
import { QueryResponder } from './receive/query-responder.js';
import type { JetStreamServerOptions } from './receive/server-options.js';
import { applyTopology, findConsumers, type AppliedConsumer } from './topology/apply-topology.js';

const unref = { ref: false };

/** Whether a service takes messages, and from where. */
export interface TransportHealth {
  readonly ready: boolean;
  /** For each consumer, and for the connection, whether it is well. */
  readonly parts: Readonly<Record<string, boolean>>;
}

/**
 * Nest's transport over JetStream: commands and events through durable pull consumers, acknowledged after the handler's
 * effect; queries by request and reply. It connects in the background and goes on through restarts of the server and the
 * loss of streams and consumers, which it declares again.
 */
export class JetStreamServer extends Server implements CustomTransportStrategy {
  /** Errors of event handlers belong to the transport; Nest's exception zone would only log them. */
  override readonly propagatesEventHandlerErrors = true;
  override readonly transportId = jetStreamTransport;
  private readonly log: MessagingLog;
  private readonly table: HandlerTable;
  private readonly link: NatsLink;
  private readonly stopping = new AbortController();
  private readonly queries: QueryResponder;
  private readonly worker: MessageWorker;
  private loops: readonly ConsumerLoop[] = [];
  private applying: Promise<readonly AppliedConsumer[]> | undefined;
  private closed: Promise<void> | undefined;

  constructor(private readonly options: JetStreamServerOptions) {
    super();
    this.log = options.log ?? nestLog();
    this.table = new HandlerTable(options.party);
    this.link = new NatsLink(options, 'receive');
    this.queries = new QueryResponder(options, this.table, this.stopping.signal);
    this.worker = new MessageWorker(options, this.table, this.link, this.stopping.signal);
  }

  /** Called by Nest for each method with one of our decorators. @throws Error for a handler that the contracts do not know */
  override addHandler(
    pattern: unknown,
    callback: MessageHandler,
    isEventHandler = false,
    extras?: Partial<HandlerExtras>,
  ): void {
    if (extras?.definition === undefined)
      throw new Error(`${String(pattern)}: use the decorators of @snapfleet/messaging`);
    this.table.add(extras.definition, callback);
    super.addHandler(pattern, callback, isEventHandler, extras);
  }

  /** Calls back at once; `health` tells when messages are being taken. */
  listen(callback: (error?: unknown) => void): void {
    for (const { plane, name } of this.table.missing()) this.log.warn('handler.missing', { plane, name });
    const declared = consumersOf(this.options.party).filter(({ stream }) => this.hasHandlerFor(stream));
    this.loops = declared.map((declaration) => {
      const options = { ...this.options, declared: declaration };
      return new ConsumerLoop(`${declaration.stream}/${declaration.durable}`, options, this.link, this.worker);
    });
    void this.begin();
    callback();
  }

  /** What the readiness endpoint shows. */
  health(): TransportHealth {
    const parts = Object.fromEntries(this.loops.map((loop) => [loop.name, loop.ready]));
    const connection = this.link.connected && this.closed === undefined;
    return { ready: connection && Object.values(parts).every(Boolean), parts: { connection, ...parts } };
  }

  /**
   * Takes no more messages and waits for the handlers: first they may finish, then their signal is aborted, and what is
   * left at the deadline is given back to the server. Calling it again waits for the same end.
   */
  close(): Promise<void> {
    this.closed ??= this.drain();
    return this.closed;
  }

  /** Nest asks for this method; the transport has no events of its own: it logs them. */
  on(): never {
    throw new Error('JetStreamServer has no events to listen to; see its log and health()');
  }

  /** The link to the nats-server, a NatsLink. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the signature is Nest's
  unwrap<T>(): T {
    return this.link as T;
  }

  private hasHandlerFor(stream: string): boolean {
    const planes = { CMD: 'cmd', AGENT: 'agent', EVT: 'evt' } as const;
    return Object.entries(planes).some(([name, plane]) => name === stream && this.table.ofPlane(plane).length > 0);
  }

  private async begin(): Promise<void> {
    const connection = await this.link.connect().catch(() => undefined);
    if (connection === undefined || this.closed !== undefined) return;
    this.queries.listen(connection);
    this.link.onReconnect(
      () =>
        void this.link.connect().then((current) => {
          this.queries.listen(current);
        }),
    );
    for (const loop of this.loops) loop.start(() => this.bind(loop.name));
  }

  private async bind(name: string): Promise<{ connection: NatsConnection; consumer: AppliedConsumer }> {
    const connection = await this.link.connection(60_000, this.stopping.signal);
    const applied = await this.applyOnce(connection);
    const consumer = applied.find(({ declaration }) => `${declaration.stream}/${declaration.durable}` === name);
    if (consumer === undefined) throw new SnapfleetError('internal', `the contracts declare no consumer ${name}`);
    return { connection, consumer };
  }

  /** Loops that lose their consumers at the same time declare them together. */
  private applyOnce(connection: NatsConnection): Promise<readonly AppliedConsumer[]> {
    const { party, ackWaitMs } = this.options;
    const { declares } = this.link;
    const apply = () =>
      declares === undefined ? findConsumers(connection, party) : applyTopology(connection, declares, { ackWaitMs });
    this.applying ??= apply().finally(() => {
      this.applying = undefined;
    });
    return this.applying;
  }

  private async drain(): Promise<void> {
    const { finishMs = 5_000, drainDeadlineMs = 20_000 } = this.options;
    this.queries.stop();
    await Promise.all(this.loops.map((loop) => loop.stop()));
    const ended = Promise.all([this.queries.idle(), ...this.loops.map((loop) => loop.idle())]).then(() => true);
    const finished = await Promise.race([ended, wait(Math.min(finishMs, drainDeadlineMs), false, unref)]);
    this.stopping.abort(new SnapfleetError('interrupted', `${this.options.party} stops`));
    const drained =
      finished || (await Promise.race([ended, wait(Math.max(0, drainDeadlineMs - finishMs), false, unref)]));
    if (!drained) for (const loop of this.loops) loop.giveBack();
    await this.link.close();
    this.log.info('transport.closed', { drained });
  }
}
