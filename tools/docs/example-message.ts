import {
  createMessage,
  DeviceId,
  type MessageDefinition,
  type MessageOf,
  operationIdFor,
  subjectFor,
} from '@snapfleet/contracts';

/** The device of all examples. */
export const exampleDevice = DeviceId.parse('edge-1');

const at = new Date('2026-11-23T10:00:00Z');

/** The same id in every run: pages that are made again are equal. */
export function exampleId(definition: MessageDefinition): string {
  return operationIdFor(exampleDevice, `example ${definition.plane}`, definition.name);
}

/** A whole message as it goes over the wire. */
export function exampleMessage(definition: MessageDefinition): MessageOf<unknown> {
  return createMessage(definition, definition.example, {
    device: exampleDevice,
    publisher: definition.from[0] ?? 'client',
    id: exampleId(definition),
    time: at,
  });
}

/** The example as its author writes it, in the least envelope that is taken. */
export function exampleInput(definition: MessageDefinition): Record<string, unknown> {
  const { specversion, id, source, type, time, datacontenttype } = exampleMessage(definition);
  return { specversion, id, source, type, time, datacontenttype, data: definition.example };
}

export const exampleSubject = (definition: MessageDefinition): string => subjectFor(definition, exampleDevice);
