import type { DataInputOf, EventDefinition } from '@snapfleet/contracts';
import type { NatsLink } from '../connection/nats-link.js';
import type { MessagingOptions } from '../messaging-options.js';
import { outgoingMessage, type OutgoingContext } from './outgoing-message.js';
import { publishDurably } from './publish-durably.js';

/** What the publisher of an event may say beside its data. */
export type PublishContext = Omit<OutgoingContext, 'replyTo' | 'expires'> & {
  /** Ends the trying; default: only the deadline does. */
  readonly signal?: AbortSignal;
};

/** Publishes events to the event stream of the device. */
export class EventPublisher {
  constructor(
    private readonly link: NatsLink,
    private readonly options: MessagingOptions,
  ) {}

  /**
   * Resolves when the stream has stored the event. The same id within the duplicate window is stored once.
   * `workflowId` and `causationId` default to those of the message that is being handled.
   * @throws SnapfleetError `invalid_message`, `message_too_large`, `deadline_exceeded`, `interrupted`, `internal`
   */
  async publish<Definition extends EventDefinition>(
    definition: Definition,
    data: DataInputOf<Definition>,
    { signal, ...context }: PublishContext = {},
  ): Promise<void> {
    const message = outgoingMessage(this.options, definition, data, context);
    await publishDurably(this.link, message, this.options.publishDeadlineMs ?? 30_000, signal);
  }
}
