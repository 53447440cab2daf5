import { jetstream, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { subjectFor } from '@snapfleet/contracts';
import { setTimeout as wait } from 'node:timers/promises';
import type { NatsLink } from '../connection/nats-link.js';
import { nestLog, type MessagingLog } from '../messaging-log.js';
import type { AppliedConsumer } from '../topology/apply-topology.js';
import type { MessageWorker, Received } from './message-worker.js';
import type { JetStreamServerOptions } from './server-options.js';
import { defaultBackOffMs, type RetryRule } from './settlement.js';
import { Slots } from './slots.js';

/** How long one pull waits; also the longest that a pull that was lost without a sign stays unnoticed. */
const pullMs = 10_000;
const pauseMs = 500;

/** Gives the consumer as it stands now, declaring streams and consumers again where they are missing. */
export type Bind = () => Promise<{ readonly connection: NatsConnection; readonly consumer: AppliedConsumer }>;

/**
 * Pulls the messages of one durable consumer, one pull for each message that there is room for: a message that waits in
 * this process is none that another instance could take. Only where some messages are urgent it pulls them all, for
 * nobody knows before which of them comes next.
 */
export class ConsumerLoop {
  private readonly log: MessagingLog;
  private readonly inFlight = new Map<string, { raw: JsMsg; ended: Promise<void> }>();
  private readonly slots: Slots;
  private readonly urgent: ReadonlySet<string>;
  private readonly rule: RetryRule;
  private readonly stopping = new AbortController();
  /** Aborted when no pull is open any more: what is given back before that would come back here. */
  private readonly stopped = new AbortController();
  private pulling = false;
  private open: ConsumerMessages | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    readonly name: string,
    private readonly options: JetStreamServerOptions & { readonly declared: AppliedConsumer['declaration'] },
    private readonly link: NatsLink,
    private readonly worker: MessageWorker,
  ) {
    this.log = options.log ?? nestLog();
    this.slots = new Slots(options.concurrency ?? options.declared.maxAckPending);
    this.urgent = new Set((options.urgent ?? []).map((definition) => subjectFor(definition, options.device)));
    this.rule = {
      maxDeliver: options.maxDeliver ?? options.declared.maxDeliver,
      backOffMs: options.backOffMs ?? defaultBackOffMs,
    };
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  /** Whether messages are being taken. */
  get ready(): boolean {
    return this.pulling && this.link.connected;
  }

  /** Pulls until stopped; errors are logged and pulled through. */
  start(bind: Bind): void {
    this.running = this.run(bind);
  }

  /** Takes no more messages. Resolves when no pull is open. */
  async stop(): Promise<void> {
    this.stopping.abort();
    // A message that the server is sending just now still arrives; one that were lost would wait for its ack wait.
    await Promise.race([this.running, wait(100)]);
    this.open?.stop();
    await Promise.race([this.running, wait(100)]);
    this.pulling = false;
    this.stopped.abort();
  }

  /** Resolves when no message is being worked on. */
  async idle(): Promise<void> {
    while (this.inFlight.size > 0) await Promise.all([...this.inFlight.values()].map(({ ended }) => ended));
  }

  /** Gives the messages that are still being worked on back to the server. */
  giveBack(): void {
    for (const { raw } of this.inFlight.values()) raw.nak();
  }

  private async run(bind: Bind): Promise<void> {
    while (!this.isStopping()) {
      try {
        const { connection, consumer } = await bind();
        await this.pull(connection, consumer);
      } catch (error) {
        this.pulling = false;
        if (this.isStopping()) return;
        this.log.warn('consumer.interrupted', { consumer: this.name, error: String(error) });
        await wait(pauseMs);
      }
    }
  }

  private async pull(connection: NatsConnection, { info, declaration }: AppliedConsumer): Promise<void> {
    const consumer = jetstream(connection).consumers.getConsumerFromInfo(info);
    const ackWaitMs = this.options.ackWaitMs ?? declaration.ackWaitSeconds * 1_000;
    const received = { connection, ackWaitMs, rule: this.rule };
    while (!this.isStopping()) {
      const holdsSlot = this.urgent.size === 0;
      if (holdsSlot) await this.slots.acquire();
      let taken = false;
      try {
        if (this.isStopping()) return;
        this.open = await consumer.fetch({ max_messages: 1, expires: pullMs, bind: true });
        this.pulling = true;
        for await (const raw of this.open) {
          taken = true;
          this.begin(raw, holdsSlot, received);
        }
      } finally {
        if (!taken && holdsSlot) this.slots.release();
      }
      if (connection.isClosed()) return;
    }
  }

  private begin(raw: JsMsg, holdsSlot: boolean, received: Omit<Received, 'raw' | 'turn'>): void {
    const key = `${String(raw.seq)}:${String(raw.info.timestampNanos)}`;
    if (this.inFlight.has(key)) {
      // Delivered again while it is being worked on, because a report of progress was lost; the first one will settle it.
      raw.working();
      if (holdsSlot) this.slots.release();
      return;
    }
    const outsideTheBound = !holdsSlot && this.urgent.has(raw.subject);
    const turn = holdsSlot || outsideTheBound ? Promise.resolve(true) : this.slots.acquire(this.stopped.signal);
    const ended = this.worker.process({ ...received, raw, turn }).finally(async () => {
      this.inFlight.delete(key);
      if (!outsideTheBound && (await turn)) this.slots.release();
    });
    this.inFlight.set(key, { raw, ended });
  }
}
