import type { JsMsg } from '@nats-io/jetstream';
import { definitionOf, parseMessage, parseSubject, SnapfleetError } from '@snapfleet/contracts';
import type { SnapfleetEvent } from './message-types.js';

/**
 * An event of the stream by its contract.
 * @throws SnapfleetError `invalid_message` when this version of the client does not know or cannot read it
 */
export function readEvent(stored: Pick<JsMsg, 'subject' | 'data' | 'seq' | 'time'>): SnapfleetEvent {
  const name = parseSubject(stored.subject)?.name;
  const definition = name === undefined ? undefined : definitionOf('evt', name);
  if (definition === undefined) {
    throw new SnapfleetError('invalid_message', `no event is known for subject ${stored.subject}`, {
      field: 'type',
      rule: 'must be an event of the message reference',
    });
  }
  const message = parseMessage(definition, stored.data, stored.subject);
  return {
    name: definition.name,
    data: message.data,
    message,
    position: stored.seq,
    storedAt: stored.time,
  } as SnapfleetEvent;
}
