import {
  createMessage,
  DeviceId,
  flow,
  type MessageDefinition,
  type MessageOf,
  subjectFor,
} from '@snapfleet/contracts';

export const device = DeviceId.parse('edge-1');

/** Every message of the contracts, with a title for a test. */
export const everyMessage: readonly (readonly [title: string, definition: MessageDefinition])[] = flow.map(
  (definition) => [`${definition.plane} ${definition.name}`, definition],
);

/** The example of a message in its envelope. */
export function exampleOf(definition: MessageDefinition): MessageOf<unknown> {
  return createMessage(definition, definition.example, {
    device,
    publisher: definition.from[0] ?? 'client',
    subject: 'shop/orders',
    workflowId: '5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87',
    causationId: 'a-1',
    sequence: 7,
    expires: new Date('2026-11-23T11:00:00Z'),
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  });
}

export const subjectOf = (definition: MessageDefinition): string => subjectFor(definition, device);

export const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
