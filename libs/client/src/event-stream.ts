import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { SnapfleetError } from '@snapfleet/contracts';
import type { DeviceConnection } from './device-connection.js';
import { type EventFilter, isWanted } from './event-filter.js';
import type { EventName, SnapfleetEvent } from './message-types.js';
import { fromNats, isMissingStream } from './nats-failure.js';
import { readEvent } from './read-event.js';
import { retryInterrupted } from './retry-interrupted.js';

/** What does with an event that this version of the client cannot read; it is passed over after that. */
export type UnreadableHandler = (error: SnapfleetError, subject: string, position: number) => void;

/** An open stream of messages, and whether each is to be acknowledged. */
export interface OpenSource {
  readonly messages: ConsumerMessages;
  readonly acknowledge: boolean;
  /** Where it may go on after the end of the messages. */
  readonly successor?: { readonly isNeeded: () => boolean; readonly open: () => Promise<OpenSource> };
}

/**
 * Events as they come, for `for await`. The loop ends when it is left, closed, or its signal is aborted. Where the stream
 * was lost, the device tells its events again, with the same ids and marked as history; the loop goes on with them.
 */
export interface EventStream<Name extends EventName = EventName> extends AsyncIterable<SnapfleetEvent<Name>> {
  /** Resolves when no event that is stored from now on is missed. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

interface StreamOptions {
  readonly connection: DeviceConnection;
  readonly filter: EventFilter;
  readonly open: () => Promise<OpenSource>;
  /** The stream was there before: where it is missing it was lost, and will be made again. */
  readonly wasThere?: boolean;
  readonly onUnreadable?: UnreadableHandler | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How long opening may take, a reconnection included. */
const openDeadlineMs = 30_000;

/** How often the server is told that a durable subscriber still works on an event: a third of the time it waits. */
const workingIntervalMs = 10_000;

/** Yields an event and, for a durable subscriber, acknowledges it once the loop asks for the next one. */
async function* yieldAcknowledged<T>(message: JsMsg, value: T, acknowledge: boolean): AsyncGenerator<T> {
  const working = acknowledge ? setInterval(() => message.working(), workingIntervalMs) : undefined;
  let done = false;
  try {
    yield value;
    done = true;
  } finally {
    clearInterval(working);
    if (acknowledge && !done) message.nak();
  }
  if (acknowledge) await message.ackAck();
}

class JetStreamEventStream implements EventStream {
  private source: Promise<OpenSource>;
  readonly ready: Promise<void>;
  private closed = false;

  constructor(private readonly options: StreamOptions) {
    this.source = this.opened(options.open);
    this.ready = this.source.then(() => undefined);
    // Whoever iterates or awaits `ready` sees the failure; nobody has to.
    this.ready.catch(() => undefined);
    const close = (): void => void this.close();
    if (options.signal?.aborted) close();
    else options.signal?.addEventListener('abort', close, { once: true });
  }

  async close(): Promise<void> {
    this.closed = true;
    const source = await this.source.catch(() => undefined);
    source?.messages.stop();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SnapfleetEvent> {
    for (let source: OpenSource | undefined = await this.source; source !== undefined;) {
      yield* this.eventsOf(source);
      source = await this.successorOf(source);
    }
    if (!this.closed && this.options.connection.nats.isClosed()) {
      throw new SnapfleetError('device_unreachable', 'the connection was closed while events were followed');
    }
  }

  private async opened(open: () => Promise<OpenSource>): Promise<OpenSource> {
    const { connection, wasThere = false } = this.options;
    try {
      return await retryInterrupted(openDeadlineMs, open, wasThere ? isMissingStream : undefined);
    } catch (thrown) {
      throw fromNats(thrown, `cannot follow the events of ${connection.device}`);
    }
  }

  private async successorOf({ successor }: OpenSource): Promise<OpenSource | undefined> {
    if (this.closed || successor?.isNeeded() !== true) return undefined;
    // Whoever closes the stream meanwhile closes this one.
    this.source = this.opened(successor.open);
    return this.source;
  }

  private async *eventsOf({ messages, acknowledge }: OpenSource): AsyncGenerator<SnapfleetEvent> {
    try {
      for await (const message of messages) {
        const event = this.read(message);
        if (event !== undefined) yield* yieldAcknowledged(message, event, acknowledge);
        else if (acknowledge) message.ack();
        // What was sent ahead is left for the next time.
        if (this.closed) break;
      }
    } catch (thrown) {
      throw fromNats(thrown, `the events of ${this.options.connection.device} broke off`);
    } finally {
      messages.stop();
    }
  }

  private read(message: JsMsg): SnapfleetEvent | undefined {
    try {
      const event = readEvent(message);
      return isWanted(event, this.options.filter) ? event : undefined;
    } catch (thrown) {
      this.options.onUnreadable?.(SnapfleetError.from(thrown), message.subject, message.seq);
      return undefined;
    }
  }
}

/** Opens a stream of events at once; it can be iterated one time. */
export function openEventStream<Name extends EventName>(options: StreamOptions): EventStream<Name> {
  return new JetStreamEventStream(options) as unknown as EventStream<Name>;
}
