import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { connectToDevice, type SnapfleetClient } from '@snapfleet/client';
import {
  type CommandDefinition,
  createMessage,
  type DataInputOf,
  type DataOf,
  deadLetterHeadersFor,
  type DeadLetterReason,
  DeviceId,
  encodeMessage,
  type EventDefinition,
  type MessageContext,
  type MessageOf,
  type Outcome,
  parseMessage,
  type QueryDefinition,
  type ReplyOf,
  streams,
  subjectFor,
} from '@snapfleet/contracts';
import { applyTopology } from '@snapfleet/messaging';
import { afterEach, beforeEach } from 'vitest';
import { type NatsServer, startNatsServer } from '../support/nats-server.js';
import { waitUntil } from '../support/wait-until.js';

export const device = DeviceId.parse('edge-1');

type Command<Definition extends CommandDefinition> = MessageOf<DataOf<Definition>>;

/** A device with a real nats-server whose services are played by the test. */
export class ScriptedDevice {
  private constructor(
    readonly server: NatsServer,
    readonly connection: NatsConnection,
  ) {}

  static async start(): Promise<ScriptedDevice> {
    const server = await startNatsServer();
    const connection = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
    return new ScriptedDevice(server, connection);
  }

  /** Makes the streams, as the first start of the services does. */
  async declareStreams(): Promise<void> {
    await applyTopology(this.connection, []);
  }

  /** Loses the stream of events with all that is in it; it is not there until it is declared again. */
  async loseEvents(): Promise<void> {
    const manager = await jetstreamManager(this.connection, { checkAPI: false });
    await manager.streams.delete(streams.events.name);
  }

  client(): Promise<SnapfleetClient> {
    return connectToDevice({ servers: this.server.url, device });
  }

  /** Restarts the nats-server; resolves when this side is connected again. */
  async restart(): Promise<void> {
    await this.server.restart();
    const manager = await jetstreamManager(this.connection, { checkAPI: false });
    await waitUntil('the device is connected again', () =>
      manager.streams.info(streams.events.name).then(
        () => true,
        () => false,
      ),
    );
  }

  /** Publishes an event to its stream. */
  async tell<Definition extends EventDefinition>(
    definition: Definition,
    data: DataInputOf<Definition>,
    context: Partial<MessageContext> = {},
  ): Promise<void> {
    const message = createMessage(definition, data, { device, publisher: 'orchestrator', ...context });
    await jetstream(this.connection).publish(subjectFor(definition, device), encodeMessage(message), {
      msgID: message.id,
    });
  }

  /** Stores any bytes on any subject. */
  async store(subject: string, payload: string, header: readonly (readonly [string, string])[] = []): Promise<void> {
    const made = headers();
    for (const [name, value] of header) made.append(name, value);
    await jetstream(this.connection).publish(subject, payload, { headers: made });
  }

  /** Stores a dead letter as the transport of a service does. */
  bury(reason: DeadLetterReason, payload: string, header: readonly (readonly [string, string])[] = []): Promise<void> {
    const subject = `snap.v1.dlq.${reason.stream}.${reason.durable}`;
    return this.store(subject, payload, [...header, ...deadLetterHeadersFor(reason)]);
  }

  /** Does something with each command of a kind as it is published. */
  onCommand<Definition extends CommandDefinition>(
    definition: Definition,
    act: (command: Command<Definition>) => Promise<void>,
  ): void {
    const subject = subjectFor(definition, device);
    this.connection.subscribe(subject, {
      callback: (_error, message) => {
        void act(parseMessage(definition, message.data, subject));
      },
    });
  }

  /** Answers a query. */
  answer<Definition extends QueryDefinition>(
    definition: Definition,
    outcome: (data: DataOf<Definition>) => Outcome<ReplyOf<Definition>>,
  ): void {
    const subject = subjectFor(definition, device);
    this.connection.subscribe(subject, {
      callback: (_error, message) => {
        const question = parseMessage(definition, message.data, subject);
        message.respond(JSON.stringify(outcome(question.data)));
      },
    });
  }

  async stop(): Promise<void> {
    await this.connection.close();
    await this.server.stop();
  }
}

/** Gives each test of a file a device with its streams, and a client. */
export function useScriptedDevice(): { readonly device: ScriptedDevice; readonly client: SnapfleetClient } {
  let scripted: ScriptedDevice | undefined;
  let client: SnapfleetClient | undefined;
  beforeEach(async () => {
    scripted = await ScriptedDevice.start();
    await scripted.declareStreams();
    client = await scripted.client();
  });
  afterEach(async () => {
    await client?.close();
    await scripted?.stop();
  });
  return {
    get device() {
      if (scripted === undefined) throw new Error('there is a device only while a test runs');
      return scripted;
    },
    get client() {
      if (client === undefined) throw new Error('there is a client only while a test runs');
      return client;
    },
  };
}
