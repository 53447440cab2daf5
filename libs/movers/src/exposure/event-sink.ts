import type { DataInputOf, EventDefinition } from '@snapfleet/contracts';

/** Publishes events; the messaging library's EventPublisher is one. */
export interface EventSink {
  publish<Definition extends EventDefinition>(
    definition: Definition,
    data: DataInputOf<Definition>,
    context: { readonly id?: string; readonly subject?: string },
  ): Promise<void>;
}
