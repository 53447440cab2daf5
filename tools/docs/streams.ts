import {
  type ConsumerDeclaration,
  consumersOf,
  type MessageDefinition,
  parties,
  type Plane,
  type StreamDeclaration,
  streams,
} from '@snapfleet/contracts';

const streamOfPlane: Readonly<Partial<Record<Plane, StreamDeclaration>>> = {
  cmd: streams.commands,
  agent: streams.agent,
  evt: streams.events,
};

/** The stream that stores a message; queries are not stored. */
export function streamOf(message: MessageDefinition): StreamDeclaration | undefined {
  return streamOfPlane[message.plane];
}

/** All durable consumers of the services. */
export const consumers: readonly ConsumerDeclaration[] = parties.flatMap((party) => consumersOf(party));
