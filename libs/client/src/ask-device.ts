import {
  createMessage,
  type DataInputOf,
  encodeMessage,
  type Outcome,
  outcomeSchema,
  type QueryDefinition,
  type ReplyOf,
  SnapfleetError,
  subjectFor,
} from '@snapfleet/contracts';
import type { DeviceConnection } from './device-connection.js';
import { fromNats } from './nats-failure.js';
import { retryInterrupted } from './retry-interrupted.js';
import { headersOf } from './send-command.js';

function parseReply<Definition extends QueryDefinition>(
  definition: Definition,
  payload: Uint8Array,
): Outcome<ReplyOf<Definition>> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(payload));
  } catch (cause) {
    throw new SnapfleetError('invalid_message', `the answer to ${definition.name} is not JSON`, { cause });
  }
  const outcome = outcomeSchema(definition.reply).safeParse(json);
  if (outcome.success) return outcome.data as Outcome<ReplyOf<Definition>>;
  const issue = outcome.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  throw new SnapfleetError(
    'invalid_message',
    `the answer to ${definition.name} is not as its contract says: ${field} ${issue?.message ?? ''}`,
    { field, cause: outcome.error },
  );
}

/**
 * Asks a question about the present.
 * @throws SnapfleetError what the device answered, or `device_unreachable`, `access_denied`, `invalid_message`
 */
export async function askDevice<Definition extends QueryDefinition>(
  connection: DeviceConnection,
  definition: Definition,
  data: DataInputOf<Definition>,
  deadlineMs: number,
): Promise<ReplyOf<Definition>> {
  const message = createMessage<QueryDefinition>(definition, data, {
    device: connection.device,
    publisher: connection.clientName,
  });
  const subject = subjectFor(definition, connection.device);
  let answer;
  try {
    // An attempt may take all the time that is left, so that only a broken connection asks again.
    answer = await retryInterrupted(deadlineMs, (leftMs) =>
      connection.nats.request(subject, encodeMessage(message), { timeout: leftMs, headers: headersOf(message) }),
    );
  } catch (thrown) {
    throw fromNats(thrown, `device ${connection.device} does not answer ${definition.name}`);
  }
  const outcome = parseReply(definition, answer.data);
  if (!outcome.ok) throw SnapfleetError.fromDetail(outcome.error);
  return outcome.result;
}
