import type { ConsumerMessages } from '@nats-io/jetstream';
import { setTimeout as wait } from 'node:timers/promises';
import type { DeviceConnection } from './device-connection.js';
import { askPlace } from './event-place.js';

const pauseMs = 250;

/** What the NATS client tells where the stream may have become another one. */
const signs: ReadonlySet<string> = new Set([
  'stream_not_found',
  'consumer_not_found',
  'consumer_deleted',
  'ordered_consumer_recreated',
  'no_responders',
]);

/**
 * Ends the messages of a stream once another one is in its place: the client would wait there for positions that come only
 * after as many events as the lost one had.
 */
export class StreamWatch {
  private replaced = false;
  private ended = false;

  constructor(
    private readonly connection: DeviceConnection,
    private readonly messages: ConsumerMessages,
    private readonly madeAt: string,
  ) {
    void messages.closed().then(() => (this.ended = true));
    void this.run().catch(() => undefined);
  }

  /** Whether the messages have ended because the stream is another one. */
  get streamWasReplaced(): boolean {
    return this.replaced;
  }

  private async run(): Promise<void> {
    for await (const { type } of this.messages.status()) {
      if (!signs.has(type) || !(await this.isAnother())) continue;
      this.replaced = true;
      this.messages.stop();
      return;
    }
  }

  /** Waits for a stream where there is none. */
  private async isAnother(): Promise<boolean> {
    while (!this.ended && !this.connection.nats.isClosed()) {
      try {
        return (await askPlace(this.connection)).streamMadeAt !== this.madeAt;
      } catch {
        await wait(pauseMs);
      }
    }
    return false;
  }
}
