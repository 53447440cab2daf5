import { headers } from '@nats-io/nats-core';
import {
  cloudEventContentType,
  createMessage,
  encodeMessage,
  subjectFor,
  type DataInputOf,
  type MessageContext,
  type MessageDefinition,
} from '@snapfleet/contracts';
import type { ConnectionOptions } from '../messaging-options.js';
import { currentCausation, outgoingTrace, writeTrace } from '../trace-context.js';
import type { DurableMessage } from './publish-durably.js';

/** What a publisher may say of a message; what belongs to the message that is being handled is taken from it. */
export type OutgoingContext = Omit<MessageContext, 'device' | 'publisher' | 'traceparent' | 'tracestate'>;

/**
 * Makes a message ready for its stream: checked by its contract, with trace context in headers and envelope.
 * @throws SnapfleetError `invalid_message` naming field and rule, `message_too_large`
 */
export function outgoingMessage<Definition extends MessageDefinition>(
  { device, party }: Pick<ConnectionOptions, 'device' | 'party'>,
  definition: Definition,
  data: DataInputOf<Definition>,
  context: OutgoingContext,
): DurableMessage {
  const trace = outgoingTrace();
  const cause = currentCausation();
  const message = createMessage(definition, data, {
    ...context,
    device,
    publisher: party,
    workflowId: context.workflowId ?? cause.workflowId,
    causationId: context.causationId ?? cause.messageId,
    ...trace,
  });
  const header = headers();
  header.set('Content-Type', cloudEventContentType);
  writeTrace(header, trace);
  return {
    subject: subjectFor(definition, device),
    payload: encodeMessage(message),
    headers: header,
    messageId: message.id,
  };
}
