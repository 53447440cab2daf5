import { JetStreamApiError, type StoredMsg } from '@nats-io/jetstream';
import { headers, type MsgHdrs } from '@nats-io/nats-core';
import { deadLetterHeaders, putBackForHeader, SnapfleetError, streams } from '@snapfleet/contracts';
import { type DeadLetter, readDeadLetter, type StoredMessage, withoutNotices } from './dead-letter-reading.js';
import type { DeviceConnection } from './device-connection.js';
import { fromNats } from './nats-failure.js';

const stream = streams.deadLetters.name;

/** The messages that services of the device gave up on. */
export interface DeadLetters {
  /** The newest first. @throws SnapfleetError `device_unreachable`, `access_denied` */
  list(): Promise<DeadLetter[]>;
  /** One of them, with its payload. @throws SnapfleetError `dead_letter_not_found` */
  show(number: number): Promise<DeadLetter>;
  /**
   * Gives the message once more to the service that gave up on it, and to no other; then takes it off the list.
   * @throws SnapfleetError `dead_letter_not_found`, also when the original is gone from its stream; `invalid_message` when
   * only the beginning of it was kept
   */
  putBack(number: number): Promise<DeadLetter>;
}

const notFound = (number: number, why = 'there is none of this number'): SnapfleetError =>
  new SnapfleetError('dead_letter_not_found', `dead letter ${String(number)}: ${why}`);

/** A message of a stream, or the next one that is there with `next_by_subj`; undefined when there is none. */
async function storedMessage(
  connection: DeviceConnection,
  from: string,
  query: { readonly seq: number; readonly next_by_subj?: string },
): Promise<(StoredMsg & StoredMessage) | undefined> {
  const manager = await connection.manager();
  try {
    const stored = await manager.streams.getMessage(from, query);
    return stored === null ? undefined : Object.assign(stored, { headers: stored.header });
  } catch (thrown) {
    if (thrown instanceof JetStreamApiError && thrown.status === 404) return undefined;
    throw thrown;
  }
}

/**
 * One by one, and not through a consumer: an operator wrote the bytes of a dead letter perhaps, and a consumer would send
 * them as they are to any subject that its reader names (ADR 0010).
 */
async function readAll(connection: DeviceConnection): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (let seq = 1; ;) {
    const stored = await storedMessage(connection, stream, { seq, next_by_subj: '>' });
    if (stored === undefined) return letters;
    const letter = readDeadLetter(stored);
    if (letter !== undefined) letters.push(letter);
    seq = stored.seq + 1;
  }
}

/** The dead letter, with the original's payload and subject fetched where only the server's notice of it is there. */
async function complete(connection: DeviceConnection, number: number): Promise<DeadLetter> {
  const stored = await storedMessage(connection, stream, { seq: number });
  const letter = stored && readDeadLetter(stored);
  if (letter === undefined) throw notFound(number);
  if (letter.payload !== undefined) return letter;
  const original = await storedMessage(connection, letter.reason.stream, { seq: letter.reason.sequence });
  if (original === undefined) return letter;
  return {
    ...letter,
    payload: original.data,
    headers: original.headers,
    reason: { ...letter.reason, subject: original.subject },
  };
}

/** The headers of the message as it was published first: without those of NATS and of the dead letter. */
function originalHeaders(stored: MsgHdrs | undefined): MsgHdrs {
  const added = new Set<string>([...Object.values(deadLetterHeaders), putBackForHeader]);
  const made = headers();
  for (const [name, values] of stored ?? []) {
    if (!added.has(name) && !name.startsWith('Nats-')) for (const value of values) made.append(name, value);
  }
  return made;
}

async function putBack(connection: DeviceConnection, number: number): Promise<DeadLetter> {
  const letter = await complete(connection, number);
  const { payload, reason } = letter;
  if (payload === undefined) {
    throw notFound(number, `its original, ${reason.stream} ${String(reason.sequence)}, is gone from the stream`);
  }
  if (reason.truncatedFrom !== undefined) {
    const rule = 'must be a dead letter that holds the whole message';
    throw new SnapfleetError('invalid_message', `dead letter ${String(number)}: ${rule}`, { field: 'number', rule });
  }
  const made = originalHeaders(letter.headers);
  made.set(putBackForHeader, reason.durable);
  // A new id, or the stream would drop it as a duplicate; the same one each time, so that a repeated call stores once.
  const msgID = `put-back-${reason.stream}-${reason.durable}-${String(reason.sequence)}-${String(number)}`;
  await connection.jetstream.publish(reason.subject, payload, {
    headers: made,
    msgID,
    expect: { streamName: reason.stream },
  });
  const manager = await connection.manager();
  await manager.streams.deleteMessage(stream, number);
  return letter;
}

/** Access to the dead letters of a device. */
export function deadLettersOf(connection: DeviceConnection): DeadLetters {
  const attempt = async <T>(doing: string, action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (thrown) {
      throw fromNats(thrown, doing);
    }
  };
  return {
    list: () =>
      attempt('cannot list the dead letters', async () =>
        withoutNotices(await readAll(connection)).sort((a, b) => b.number - a.number),
      ),
    show: (number) => attempt(`cannot show dead letter ${String(number)}`, () => complete(connection, number)),
    putBack: (number) => attempt(`cannot put back dead letter ${String(number)}`, () => putBack(connection, number)),
  };
}
