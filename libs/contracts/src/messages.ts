import { z } from 'zod';
import type { DataInputOf, DataOf, MessageDefinition } from './definition.js';
import { Envelope, maximumMessageBytes, type MessageOf } from './envelope.js';
import { type DeviceId, deterministicUuid } from './identifiers.js';
import { ErrorDetail, SnapfleetError } from './snapfleet-error.js';
import { parseSubject } from './subjects.js';

const invalid = (field: string, rule: string, cause?: unknown): SnapfleetError =>
  new SnapfleetError('invalid_message', `${field}: ${rule}`, { field, rule, cause });

function firstIssue(error: z.ZodError, prefix: readonly string[]): SnapfleetError {
  const issue = error.issues[0];
  const field = [...prefix, ...(issue?.path ?? []).map(String)].join('.');
  return invalid(field === '' ? 'message' : field, issue?.message ?? 'does not follow its schema', error);
}

/**
 * Reads the envelope of a message and leaves its data unread.
 * @throws SnapfleetError `invalid_message` naming field and rule
 */
export function parseEnvelope(payload: Uint8Array): Envelope {
  if (payload.byteLength > maximumMessageBytes)
    throw invalid('message', `must be at most ${String(maximumMessageBytes)} bytes`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch (cause) {
    throw invalid('message', 'must be a JSON object in UTF-8', cause);
  }
  const envelope = Envelope.safeParse(json);
  if (!envelope.success) throw firstIssue(envelope.error, []);
  return envelope.data;
}

/** The CloudEvents type of a message. */
export function typeOf(definition: Pick<MessageDefinition, 'name' | 'version'>): string {
  return `io.snapfleet.${definition.name}.v${String(definition.version)}`;
}

/**
 * Reads a message that came on a subject by its contract.
 * @throws SnapfleetError `invalid_message` naming field and rule, or `wrong_device`
 */
export function parseMessage<Definition extends MessageDefinition>(
  definition: Definition,
  payload: Uint8Array,
  subject: string,
): MessageOf<DataOf<Definition>> {
  const envelope = parseEnvelope(payload);
  if (envelope.type !== typeOf(definition))
    throw invalid('type', `must be ${typeOf(definition)} on subject ${subject}`);
  const device = parseSubject(subject)?.device;
  if (envelope.deviceid !== undefined && envelope.deviceid !== device) {
    throw new SnapfleetError(
      'wrong_device',
      `deviceid is ${envelope.deviceid}, but the subject is of ${device ?? 'no device'}`,
      { field: 'deviceid', rule: 'must be the device of the subject' },
    );
  }
  const data = definition.data.safeParse(envelope.data);
  if (!data.success) throw firstIssue(data.error, ['data']);
  return { ...envelope, data: data.data as DataOf<Definition> };
}

/** What a publisher adds to the data. */
export interface MessageContext {
  readonly device: DeviceId;
  /** Who publishes, such as `orchestrator`. */
  readonly publisher: string;
  readonly id?: string;
  readonly time?: Date;
  readonly subject?: string;
  readonly workflowId?: string | undefined;
  readonly causationId?: string | undefined;
  readonly sequence?: number;
  readonly replyTo?: string;
  readonly expires?: Date;
  /** It was told before. */
  readonly history?: true;
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

/**
 * Makes a message, checked by its contract.
 * @throws SnapfleetError `invalid_message` naming field and rule
 */
export function createMessage<Definition extends MessageDefinition>(
  definition: Definition,
  data: DataInputOf<Definition>,
  context: MessageContext,
): MessageOf<DataOf<Definition>> {
  const parsed = definition.data.safeParse(data);
  if (!parsed.success) throw firstIssue(parsed.error, ['data']);
  const envelope = Envelope.safeParse({
    specversion: '1.0',
    id: context.id ?? crypto.randomUUID(),
    source: `/devices/${context.device}/${context.publisher}`,
    type: typeOf(definition),
    subject: context.subject,
    time: (context.time ?? new Date()).toISOString(),
    datacontenttype: 'application/json',
    deviceid: context.device,
    workflowid: context.workflowId,
    causationid: context.causationId,
    sequence: context.sequence?.toString(),
    replyto: context.replyTo,
    expires: context.expires?.toISOString(),
    history: context.history,
    traceparent: context.traceparent,
    tracestate: context.tracestate,
    data: null,
  });
  if (!envelope.success) throw firstIssue(envelope.error, []);
  return { ...envelope.data, data: parsed.data as DataOf<Definition> };
}

/** The id of an event that is the same each time the same step of the same operation is told. */
export function eventIdFor(operation: string, event: string, ...distinction: readonly string[]): string {
  return deterministicUuid('event', operation, event, ...distinction);
}

/**
 * The bytes of a message as they go over the wire.
 * @throws SnapfleetError `message_too_large`: no receiver would take it, and who waits for an answer would get none
 */
export function encodeMessage(message: MessageOf<unknown>): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(message));
  if (bytes.byteLength <= maximumMessageBytes) return bytes;
  const size = `${message.type} would have ${String(bytes.byteLength)} bytes, and a message has ${String(maximumMessageBytes)} at most`;
  throw new SnapfleetError('message_too_large', size);
}

/** What comes back on `replyto` of an agent command, and as the answer to a query. */
export type Outcome<Reply> =
  { readonly ok: true; readonly result: Reply } | { readonly ok: false; readonly error: ErrorDetail };

/** The schema of an outcome whose result has this schema. */
export function outcomeSchema<Reply extends z.ZodType>(reply: Reply): z.ZodType<Outcome<z.infer<Reply>>> {
  return z.discriminatedUnion('ok', [
    z.object({ ok: z.literal(true), result: reply }),
    z.object({ ok: z.literal(false), error: ErrorDetail }),
  ]) as unknown as z.ZodType<Outcome<z.infer<Reply>>>;
}
