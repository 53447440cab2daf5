import type { CommandDefinition, DataInputOf, QueryDefinition, ReplyOf } from '@snapfleet/contracts';
import { askDevice } from './ask-device.js';
import { awaitOutcome, type OutcomeOptions } from './await-outcome.js';
import { type DeadLetters, deadLettersOf } from './dead-letters.js';
import { type ConnectionOptions, type DeviceConnection, openConnection } from './device-connection.js';
import { deleteDurable, type DurableStart, openDurableSource } from './durable-source.js';
import { type EventFilter, subjectsOf } from './event-filter.js';
import { type EventStream, openEventStream, type UnreadableHandler } from './event-stream.js';
import type { CommandName, EventName, SnapfleetEvent, SuccessOf } from './message-types.js';
import { fromNats } from './nats-failure.js';
import { type EventStart, openOrderedSource } from './ordered-source.js';
import { type CommandHandle, sendCommand, type SendOptions } from './send-command.js';

/** Which events, and from where. */
export interface EventOptions<Name extends EventName = EventName> {
  /** Default: `now`. With `durable` the device's server keeps the place between runs. */
  readonly from?: EventStart | DurableStart;
  readonly filter?: EventFilter<Name>;
  readonly signal?: AbortSignal;
  /** Told of events that this version of the client does not know; they are passed over. */
  readonly onUnreadable?: UnreadableHandler;
}

/** The event that says that everything has ended, by the command that began it. */
const completions = { 'snapshot.create': 'snapshot.completed', 'group.create': 'group.completed' } as const;

/** What another system does with one device: send commands, await outcomes, follow events, ask. */
export class SnapfleetClient {
  /** The messages that services of the device gave up on. */
  readonly deadLetters: DeadLetters;

  constructor(private readonly connection: DeviceConnection) {
    this.deadLetters = deadLettersOf(connection);
  }

  get device(): string {
    return this.connection.device;
  }

  /**
   * Publishes a command. Resolves when the device's stream has stored it, which is before it is carried out.
   * @throws SnapfleetError `invalid_message` naming field and rule, `device_unreachable`, `access_denied`
   */
  send<Name extends CommandName, Definition extends CommandDefinition & { readonly name: Name }>(
    definition: Definition & { readonly name: Name },
    data: DataInputOf<Definition>,
    options: SendOptions = {},
  ): Promise<CommandHandle<Name>> {
    return sendCommand<Name, Definition>(this.connection, definition, data, options);
  }

  /**
   * Waits for the event that ends a command; events that came before the call are seen too.
   * @throws CommandFailure when it failed or was rejected; SnapfleetError `deadline_exceeded`; the signal's reason
   */
  async outcome<Name extends CommandName>(
    handle: CommandHandle<Name>,
    options: OutcomeOptions = {},
  ): Promise<SnapfleetEvent<SuccessOf<Name>>> {
    return (await awaitOutcome(this.connection, handle, options)) as SnapfleetEvent<SuccessOf<Name>>;
  }

  /**
   * Waits until all that the policy of a `snapshot.create` or `group.create` asked for has ended: every backup and every
   * verification. Look at `data.outcome` whether all of it went well.
   * @throws as `outcome`
   */
  async completion<Name extends keyof typeof completions>(
    handle: CommandHandle<Name>,
    options: OutcomeOptions = {},
  ): Promise<SnapfleetEvent<(typeof completions)[Name] | 'command.completed'>> {
    const event = await awaitOutcome(this.connection, handle, { ...options, until: completions[handle.command] });
    return event as SnapfleetEvent<(typeof completions)[Name] | 'command.completed'>;
  }

  /**
   * Events as they come. A durable subscriber acknowledges an event when its loop asks for the next one: an event
   * whose loop body throws, or is left, comes again.
   */
  events<Name extends EventName = EventName>(options: EventOptions<Name> = {}): EventStream<Name> {
    const { connection } = this;
    const { from = 'now', filter = {}, signal, onUnreadable } = options;
    const subjects = subjectsOf(connection.device, filter.names);
    const open = () =>
      typeof from === 'object' && 'durable' in from
        ? openDurableSource(connection, from, subjects)
        : openOrderedSource(connection, from, subjects);
    return openEventStream<Name>({ connection, filter, open, signal, onUnreadable });
  }

  /** Gives up a durable name. @returns false when there was none */
  async forget(durable: string): Promise<boolean> {
    try {
      return await deleteDurable(this.connection, durable);
    } catch (thrown) {
      throw fromNats(thrown, `cannot give up the durable name ${durable}`);
    }
  }

  /**
   * Asks a question about the present.
   * @throws SnapfleetError what the device answered, or `device_unreachable`, `access_denied`, `invalid_message`
   */
  ask<Definition extends QueryDefinition>(
    definition: Definition,
    data: DataInputOf<Definition>,
    options: { readonly deadlineMs?: number } = {},
  ): Promise<ReplyOf<Definition>> {
    return askDevice(this.connection, definition, data, options.deadlineMs ?? 10_000);
  }

  /** Sends what is under way and disconnects; loops over events end. */
  async close(): Promise<void> {
    if (this.connection.nats.isClosed()) return;
    try {
      await this.connection.nats.drain();
    } catch {
      await this.connection.nats.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Connects to the NATS server of one device.
 * @throws SnapfleetError `device_unreachable`, `access_denied`, or `invalid_message` for a wrong device name
 */
export async function connectToDevice(options: ConnectionOptions): Promise<SnapfleetClient> {
  return new SnapfleetClient(await openConnection(options));
}
