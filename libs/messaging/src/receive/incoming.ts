import type { JsMsg } from '@nats-io/jetstream';
import type { MsgHdrs } from '@nats-io/nats-core';
import {
  parseEnvelope,
  parseMessage,
  parseSubject,
  putBackForHeader,
  services,
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
      readonly headers: MsgHdrs | undefined;
      readonly route: Route;
      readonly message: MessageOf<unknown>;
    }
  | {
      readonly definition: MessageDefinition | undefined;
      readonly envelope: Envelope | undefined;
      /** Undefined: there are none, or they cannot be read. */
      readonly headers: MsgHdrs | undefined;
      readonly error: SnapfleetError;
    };

/** A message of a stream, or a question; only the first has a consumer. */
interface Raw extends Pick<JsMsg, 'subject' | 'data'> {
  readonly headers?: MsgHdrs | undefined;
  readonly info?: Pick<JsMsg['info'], 'consumer'>;
}

/** Reads a message by its contract; never throws. */
export function readIncoming(raw: Raw, table: HandlerTable, device: DeviceId): Incoming {
  const { definition, route } = table.find(raw.subject);
  const read = readHeaders(raw);
  const headers = read instanceof SnapfleetError ? undefined : read;
  let envelope: Envelope | undefined;
  try {
    envelope = parseEnvelope(raw.data);
    if (read instanceof SnapfleetError) throw read;
    if (definition === undefined || route === undefined) throw unknownSubject(raw.subject);
    checkDevice(raw.subject, device);
    checkPutBackFor(headers, raw.info?.consumer);
    const message = parseMessage(definition, raw.data, raw.subject);
    checkReplyTo(message);
    checkHistory(definition, message);
    checkExpiry(message);
    return { definition, envelope, headers, route, message };
  } catch (thrown) {
    return { definition, envelope, headers, error: SnapfleetError.from(thrown) };
  }
}

/**
 * Whether an event is passed by unseen: it was put back for another of its receivers, or is told again as history. What
 * has one receiver only would then be gone without a word.
 */
export function isPassedBy(incoming: Incoming, consumer: string): boolean {
  const { definition, headers } = incoming;
  if (definition?.plane !== 'evt') return false;
  const onlyFor = headers?.get(putBackForHeader);
  const another = services.find((service) => service === onlyFor && service !== consumer);
  if (another !== undefined && definition.to.includes(another)) return true;
  return !('error' in incoming) && incoming.envelope.history === true;
}

/** The client reads headers when they are first asked for, and throws at a name that it would not send itself. */
function readHeaders(raw: Raw): MsgHdrs | undefined | SnapfleetError {
  try {
    return raw.headers;
  } catch (cause) {
    const rule = 'must have names of visible ASCII characters';
    return new SnapfleetError('invalid_message', `headers: ${rule}`, { field: 'headers', rule, cause });
  }
}

function checkPutBackFor(headers: MsgHdrs | undefined, consumer: string | undefined): void {
  const onlyFor = headers?.get(putBackForHeader) ?? '';
  if (onlyFor === '' || onlyFor === consumer) return;
  const rule = 'must name a service that takes this message';
  throw new SnapfleetError('invalid_message', `${putBackForHeader}: ${rule}`, { field: putBackForHeader, rule });
}

function checkHistory({ plane }: MessageDefinition, { history }: MessageOf<unknown>): void {
  if (history !== true || plane === 'evt') return;
  const rule = 'must not be true but for events';
  throw new SnapfleetError('invalid_message', `history: ${rule}`, { field: 'history', rule });
}

/** Where the caller of a device-local command waits for its outcome; also for that of one that cannot be read whole. */
export function callerOf({ definition, envelope }: Incoming): string | undefined {
  const replyTo = definition?.kind === 'agent-command' ? envelope?.replyto : undefined;
  return replyTo !== undefined && isInbox(replyTo) ? replyTo : undefined;
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
const isInbox = (replyto: string): boolean => /^_INBOX[._][A-Za-z0-9._-]+$/.test(replyto);

function checkReplyTo({ replyto }: MessageOf<unknown>): void {
  if (replyto === undefined || isInbox(replyto)) return;
  const rule = 'must be an inbox (_INBOX.…)';
  throw new SnapfleetError('invalid_message', `replyto: ${rule}`, { field: 'replyto', rule });
}

function checkExpiry({ expires, type }: MessageOf<unknown>): void {
  if (expires === undefined || Date.parse(expires) > Date.now()) return;
  throw new SnapfleetError('command_expired', `${type} was to be begun before ${expires}`);
}
