import {
  jetstream,
  JetStreamApiError,
  jetstreamManager,
  type JetStreamManager,
  type StoredMsg,
} from '@nats-io/jetstream';
import { headers, type MsgHdrs, type NatsConnection } from '@nats-io/nats-core';
import {
  deadLetterHeaders,
  putBackForHeader,
  readDeadLetterReason,
  SnapfleetError,
  streams,
  subjectsOfPlane,
  type DeadLetterReason,
} from '@snapfleet/contracts';

const messageMissing = 10_037;

/** A message that a consumer gave up on. */
export interface DeadLetter extends DeadLetterReason {
  /** Its number in the dead-letter stream; `show` and `putBack` take it. */
  readonly number: number;
  readonly time: Date;
  /** The original payload, byte for byte. */
  readonly payload: Uint8Array;
}

/** The dead-letter stream of a device: look at it, and put a message back when the reason is gone. */
export class DeadLetters {
  constructor(private readonly connection: NatsConnection) {}

  /** The dead letters after a number, the oldest first. */
  async list({ after = 0, limit = 100 }: { readonly after?: number; readonly limit?: number } = {}): Promise<
    readonly DeadLetter[]
  > {
    const manager = await this.manager();
    const found: DeadLetter[] = [];
    for (let next = after + 1; found.length < limit;) {
      const stored = await missingIsUndefined(
        manager.direct.getMessage(streams.deadLetters.name, { seq: next, next_by_subj: subjectsOfPlane('dlq') }),
      );
      if (stored === undefined) break;
      const letter = read(stored);
      if (letter !== undefined) found.push(letter);
      next = stored.seq + 1;
    }
    return found;
  }

  /** @throws SnapfleetError `invalid_message` when there is no dead letter of this number */
  async show(number: number): Promise<DeadLetter> {
    return (await this.find(number)).letter;
  }

  /**
   * Publishes the original message again on its subject, for the consumer that gave up on it only, and removes the dead
   * letter. Interrupted between the two, it may be put back twice; consumers drop what they have done already.
   * @throws SnapfleetError `invalid_message` when there is no dead letter of this number, or only its beginning
   */
  async putBack(number: number): Promise<DeadLetter> {
    const { letter, stored } = await this.find(number);
    if (letter.truncatedFrom !== undefined) {
      const rule = 'must be the number of a dead letter that holds the whole message';
      throw new SnapfleetError('invalid_message', `number: ${rule}, not ${String(number)}`, { field: 'number', rule });
    }
    const header = originalHeaders(stored.header);
    header.set(putBackForHeader, letter.durable);
    await jetstream(this.connection).publish(letter.subject, letter.payload, {
      headers: header,
      msgID: `put-back:${String(number)}:${stored.timestamp}`,
      expect: { streamName: letter.stream },
    });
    const manager = await this.manager();
    await manager.streams.deleteMessage(streams.deadLetters.name, number);
    return letter;
  }

  private async find(number: number): Promise<{ letter: DeadLetter; stored: StoredMsg }> {
    const manager = await this.manager();
    const stored = await missingIsUndefined(manager.streams.getMessage(streams.deadLetters.name, { seq: number }));
    const letter = stored && read(stored);
    if (stored === undefined || letter === undefined) {
      const rule = 'must be the number of a dead letter';
      throw new SnapfleetError('invalid_message', `number: ${rule}, not ${String(number)}`, { field: 'number', rule });
    }
    return { letter, stored };
  }

  private manager(): Promise<JetStreamManager> {
    return jetstreamManager(this.connection, { checkAPI: false });
  }
}

function read(stored: StoredMsg): DeadLetter | undefined {
  const reason = readDeadLetterReason((name) => stored.header.get(name));
  return reason && { ...reason, number: stored.seq, time: stored.time, payload: stored.data };
}

function originalHeaders(stored: MsgHdrs): MsgHdrs {
  const added = new Set<string>(Object.values(deadLetterHeaders));
  const header = headers();
  for (const [name, values] of stored) {
    if (!added.has(name) && !name.startsWith('Nats-')) for (const value of values) header.append(name, value);
  }
  return header;
}

async function missingIsUndefined(found: Promise<StoredMsg | null>): Promise<StoredMsg | undefined> {
  try {
    return (await found) ?? undefined;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === messageMissing) return undefined;
    throw error;
  }
}
