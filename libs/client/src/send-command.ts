import { headers, type MsgHdrs } from '@nats-io/nats-core';
import {
  cloudEventContentType,
  createMessage,
  encodeMessage,
  GroupCreate,
  memberRestorePointId,
  type CommandDefinition,
  type DataInputOf,
  type MessageContext,
  type MessageOf,
  OperationId,
  operationIdFor,
  RestorePointId,
  subjectFor,
} from '@snapfleet/contracts';
import type { DeviceConnection } from './device-connection.js';
import { newestPlace } from './event-place.js';
import type { CommandName } from './message-types.js';
import { fromNats } from './nats-failure.js';
import { retryInterrupted } from './retry-interrupted.js';

/** A command that was published. It is plain data: another process may keep it and await the outcome later. */
export interface CommandHandle<Name extends CommandName = CommandName> {
  readonly command: Name;
  /** The id of the message. */
  readonly commandId: string;
  /** The operation that the command starts; its events carry it as `workflowid`. */
  readonly operationId: OperationId;
  /** The restore point that the command makes, or is about; of a group, the first. */
  readonly restorePointId: RestorePointId;
  /** All of them: of a group, in the order of its claims. */
  readonly restorePointIds: readonly RestorePointId[];
  /** The claim that the command restores into, or whose restore it cancels. */
  readonly targetClaim?: string;
  /** The last position in the event stream before the command was published. */
  readonly eventsAfter: number;
  /** When the event stream was made in which `eventsAfter` counts. */
  readonly eventStreamMadeAt?: string;
}

/** What may be said of a command besides its data. */
export interface SendOptions {
  /** The id of the message; repeat it when it is not known whether a publish succeeded. Default: a random UUID. */
  readonly id?: string;
  /** The command is not begun after this time. */
  readonly expires?: Date;
  readonly traceparent?: string;
  /** How long publishing may take, in milliseconds. Default: 10,000. */
  readonly deadlineMs?: number;
}

type CommandNamed<Name extends CommandName> = CommandDefinition & { readonly name: Name };
const attemptMs = 3_000;
const requestDeadlineMs = 10_000;

/** The headers that every message of ours carries. */
export function headersOf(message: MessageOf<unknown>, id = message.id): MsgHdrs {
  const made = headers();
  made.set('Nats-Msg-Id', id);
  made.set('Content-Type', cloudEventContentType);
  if (message.traceparent !== undefined) made.set('traceparent', message.traceparent);
  if (message.tracestate !== undefined) made.set('tracestate', message.tracestate);
  return made;
}

/** Publishes and waits until the stream has it; a lost answer is asked for again under the same id, which stores once. */
async function publishOnce(
  connection: DeviceConnection,
  subject: string,
  message: MessageOf<unknown>,
  deadlineMs: number,
): Promise<void> {
  try {
    await retryInterrupted(deadlineMs, (leftMs) =>
      connection.jetstream.publish(subject, encodeMessage(message), {
        timeout: Math.min(attemptMs, leftMs),
        msgID: message.id,
        headers: headersOf(message),
      }),
    );
  } catch (thrown) {
    throw fromNats(thrown, `cannot publish to ${subject}`);
  }
}

interface Key {
  readonly idempotencyKey?: string;
  readonly restorePointId?: string;
  readonly targetClaim?: string;
}

function keyOf(data: unknown): Key {
  return data as Key;
}

function subjectAttribute(data: {
  namespace?: string;
  persistentVolumeClaim?: string;
}): Pick<MessageContext, 'subject'> {
  const { namespace, persistentVolumeClaim } = data;
  if (namespace === undefined || persistentVolumeClaim === undefined) return {};
  return { subject: `${namespace}/${persistentVolumeClaim}` };
}

/**
 * Publishes a command to the device and returns what is needed to await its outcome.
 * @throws SnapfleetError `invalid_message` naming field and rule, `message_too_large`, `device_unreachable`, `access_denied`
 */
export async function sendCommand<Name extends CommandName, Definition extends CommandNamed<Name>>(
  connection: DeviceConnection,
  definition: Definition,
  data: DataInputOf<Definition>,
  options: SendOptions = {},
): Promise<CommandHandle<Name>> {
  const id = options.id ?? crypto.randomUUID();
  const { idempotencyKey: key = id, targetClaim } = keyOf(data);
  const operationId = operationIdFor(connection.device, definition.name, key);
  const message = createMessage<CommandDefinition>(definition, data, {
    device: connection.device,
    publisher: connection.clientName,
    id,
    workflowId: operationId,
    ...subjectAttribute(data as { namespace?: string; persistentVolumeClaim?: string }),
    ...(options.expires === undefined ? {} : { expires: options.expires }),
    traceparent: options.traceparent,
  });
  const { after, streamMadeAt } = await newestPlace(connection);
  await publishOnce(
    connection,
    subjectFor(definition, connection.device),
    message,
    options.deadlineMs ?? requestDeadlineMs,
  );
  const [restorePointId, ...others] = restorePointsOf(message.data, operationId);
  return {
    command: definition.name,
    commandId: id,
    operationId,
    restorePointId,
    restorePointIds: [restorePointId, ...others],
    ...(targetClaim === undefined ? {} : { targetClaim }),
    eventsAfter: after,
    eventStreamMadeAt: streamMadeAt,
  };
}

/** The restore points that a command names or will make. */
function restorePointsOf(data: unknown, operationId: OperationId): [RestorePointId, ...RestorePointId[]] {
  const group = GroupCreate.data.safeParse(data);
  if (!group.success) return [RestorePointId.parse(keyOf(data).restorePointId ?? operationId)];
  const [first, ...others] = group.data.persistentVolumeClaims.map((claim) => memberRestorePointId(operationId, claim));
  return [first ?? RestorePointId.parse(operationId), ...others];
}
