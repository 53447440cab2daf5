import { definitionOf, type EventDefinition, SnapfleetError } from '@snapfleet/contracts';
import type { Clock } from '../operations/operation-runner.js';
import type { Outbox, OutboxEntry } from './outbox.js';

/** Publishes one event and resolves when the stream has stored it. */
export interface EventSink {
  publish(
    definition: EventDefinition,
    data: unknown,
    context: {
      id: string;
      workflowId: string;
      causationId: string;
      sequence: number;
      time: Date;
      subject?: string;
      traceparent?: string;
      history?: true;
    },
  ): Promise<void>;
}

const batch = 64;
const retryMs = 1000;

/** Publishes the outbox in order, each event until the stream has it; a stop or a crash loses none. */
export class OutboxRelay {
  private readonly stopping = new AbortController();
  private wake: () => void = () => undefined;
  private loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly outbox: Outbox,
    private readonly sink: EventSink,
    private readonly clock: Clock,
    private readonly report: (event: string, fields: Record<string, unknown>) => void,
  ) {}

  start(): void {
    this.loop = this.run();
  }

  /** Says that there may be something to publish. */
  notify(): void {
    this.wake();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.loop;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => (this.wake = resolve));
      try {
        const entries = this.outbox.waiting(batch);
        if (entries.length === 0) await woken;
        for (const entry of entries) await this.publish(entry);
      } catch (error) {
        this.report('outbox.delayed', { error });
        await this.clock.sleep(retryMs, signal).catch(() => undefined);
      }
    }
  }

  private async publish(entry: OutboxEntry): Promise<void> {
    if (this.stopping.signal.aborted) return;
    const definition = definitionOf('evt', entry.name);
    if (definition?.kind !== 'event')
      throw new SnapfleetError('internal', `the outbox holds an unknown event ${entry.name}`);
    try {
      await this.send(definition, entry);
    } catch (error) {
      if (!fitsNowhere(error)) throw error;
      // No stream will ever take it, and every later event would wait behind it.
      this.report('outbox.too-large', { event: entry.name, eventId: entry.eventId, error });
    }
    this.outbox.markPublished(entry.sequence);
  }

  private send(definition: EventDefinition, entry: OutboxEntry): Promise<void> {
    return this.sink.publish(definition, entry.data, {
      id: entry.eventId,
      workflowId: entry.workflowId,
      causationId: entry.causationId,
      sequence: entry.sequence,
      time: entry.time,
      ...(entry.subject === undefined ? {} : { subject: entry.subject }),
      ...(entry.traceparent === undefined ? {} : { traceparent: entry.traceparent }),
      ...(entry.history ? { history: true as const } : {}),
    });
  }
}

const fitsNowhere = (error: unknown): boolean =>
  error instanceof SnapfleetError && error.code === 'message_too_large' && !error.retryable;
