import type { JsMsg } from '@nats-io/jetstream';
import {
  parseEnvelope,
  parseMessage,
  parseSubject,
  SnapfleetError,
  type DeviceId,
  type Envelope,
  type MessageDefinition,
  type MessageOf,
} from '@snapfleet/contracts';
import type { HandlerTable, Route } from './handler-table.js';

/** A message as it was read: ready for its handler, or not to be handled and why. */
export type Incoming =
  | {
      readonly definition: MessageDefinition;
      readonly envelope: Envelope;
      readonly route: Route;
      readonly message: MessageOf<unknown>;
    }
  | {
      readonly definition: MessageDefinition | undefined;
      readonly envelope: Envelope | undefined;
      readonly error: SnapfleetError;
    };

/** Reads a message by its contract; never throws. */
export function readIncoming(raw: Pick<JsMsg, 'subject' | 'data'>, table: HandlerTable, device: DeviceId): Incoming {
  const { definition, route } = table.find(raw.subject);
  let envelope: Envelope | undefined;
  try {
    envelope = parseEnvelope(raw.data);
    if (definition === undefined || route === undefined) throw unknownSubject(raw.subject);
    checkDevice(raw.subject, device);
    const message = parseMessage(definition, raw.data, raw.subject);
    checkReplyTo(message);
    checkExpiry(message);
    return { definition, envelope, route, message };
  } catch (thrown) {
    return { definition, envelope, error: SnapfleetError.from(thrown) };
  }
}

function unknownSubject(subject: string): SnapfleetError {
  const rule = 'must be one of the messages in the message reference';
  return new SnapfleetError('invalid_message', `subject: ${rule}, not ${subject}`, { field: 'subject', rule });
}

function checkDevice(subject: string, device: DeviceId): void {
  const named = parseSubject(subject)?.device;
  if (named === device) return;
  const rule = `must be of device ${device}`;
  throw new SnapfleetError('wrong_device', `subject: ${rule}, not ${named ?? subject}`, { field: 'subject', rule });
}

/** A reply goes to an inbox only, so that no message can make this service publish on a subject that means something. */
function checkReplyTo({ replyto }: MessageOf<unknown>): void {
  if (replyto === undefined || /^_INBOX[._][A-Za-z0-9._-]+$/.test(replyto)) return;
  const rule = 'must be an inbox (_INBOX.…)';
  throw new SnapfleetError('invalid_message', `replyto: ${rule}`, { field: 'replyto', rule });
}

function checkExpiry({ expires, type }: MessageOf<unknown>): void {
  if (expires === undefined || Date.parse(expires) > Date.now()) return;
  throw new SnapfleetError('command_expired', `${type} was to be begun before ${expires}`);
}
