import { jetstream, jetstreamManager, type ConsumerInfo, type JetStreamManager } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import {
  cloudEventContentType,
  createMessage,
  encodeMessage,
  subjectFor,
  type DataInputOf,
  type MessageContext,
  type MessageDefinition,
} from '@snapfleet/contracts';
import type { NatsServer } from '../support/nats-server.js';
import { device } from './test-service.js';

/** Any other system: it knows NATS and the contracts, and nothing of the transport. */
export class RawClient {
  private constructor(
    readonly connection: NatsConnection,
    readonly manager: JetStreamManager,
  ) {}

  static async connect(server: NatsServer): Promise<RawClient> {
    const connection = await connect({
      servers: server.url,
      ...(server.token === undefined ? {} : { token: server.token }),
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
    });
    return new RawClient(connection, await jetstreamManager(connection, { checkAPI: false }));
  }

  /** Publishes a message of the contracts to its stream. */
  async publish<Definition extends MessageDefinition>(
    definition: Definition,
    data: DataInputOf<Definition>,
    context: Partial<MessageContext> = {},
  ): Promise<string> {
    const message = createMessage(definition, data, { device, publisher: 'test', ...context });
    await this.publishBytes(subjectFor(definition, device), encodeMessage(message), message.id);
    return message.id;
  }

  /** Publishes any bytes to any subject of a stream. */
  async publishBytes(subject: string, payload: Uint8Array | string, messageId?: string): Promise<void> {
    const header = headers();
    header.set('Content-Type', cloudEventContentType);
    await jetstream(this.connection).publish(subject, payload, {
      headers: header,
      ...(messageId === undefined ? {} : { msgID: messageId }),
    });
  }

  consumer(stream: string, durable: string): Promise<ConsumerInfo> {
    return this.manager.consumers.info(stream, durable);
  }

  /** Whether the consumer has nothing left: nothing to deliver and nothing unacknowledged. */
  async isDone(stream: string, durable: string): Promise<boolean> {
    const info = await this.consumer(stream, durable);
    return info.num_pending === 0 && info.num_ack_pending === 0;
  }

  async messagesIn(stream: string): Promise<number> {
    return (await this.manager.streams.info(stream)).state.messages;
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}
