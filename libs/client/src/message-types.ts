import type * as contracts from '@snapfleet/contracts';
import type { CommandDefinition, DataOf, EventDefinition, MessageOf } from '@snapfleet/contracts';

type Exported = (typeof contracts)[keyof typeof contracts];
type Commands = Extract<Exported, CommandDefinition>;
type Events = Extract<Exported, EventDefinition>;

/** The name of a public command, such as `snapshot.create`. */
export type CommandName = Commands['name'];
/** The name of an event, such as `snapshot.ready`. */
export type EventName = Events['name'];
/** The data of an event. */
export type EventData<Name extends EventName> = DataOf<Extract<Events, { name: Name }>>;

interface Received<Name extends EventName> {
  readonly name: Name;
  readonly data: EventData<Name>;
  /** The whole CloudEvent. */
  readonly message: MessageOf<EventData<Name>>;
  /** The place in the event stream of the device; `{ after: position }` goes on from here. */
  readonly position: number;
  /** When the device's NATS server stored it. */
  readonly storedAt: Date;
}

/** An event as it was received; `name` tells which data it has. */
export type SnapfleetEvent<Name extends EventName = EventName> = { [N in Name]: Received<N> }[Name];

type FailureEvents = {
  [N in EventName]: EventData<N> extends { readonly error: unknown } ? N : never;
}[EventName];

/** The events that end a command well. The others are thrown as a CommandFailure. */
export type SuccessOf<Name extends CommandName> = Name extends 'snapshot.cancel'
  ? 'snapshot.failed' | 'command.completed'
  : Exclude<Extract<Commands, { name: Name }>['outcomes'][number], FailureEvents> & EventName;
