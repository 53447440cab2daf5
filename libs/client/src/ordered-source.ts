import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream';
import { streams } from '@snapfleet/contracts';
import type { DeviceConnection } from './device-connection.js';
import { serverFilterOf } from './event-filter.js';
import { type EventPlace, newestPlace, type PlaceInStream } from './event-place.js';
import type { OpenSource } from './event-stream.js';
import { StreamWatch } from './stream-watch.js';

/** Where to begin: with the next event, with the first one after a moment, or after a place. */
export type EventStart = 'now' | Date | EventPlace;

const stream = streams.events.name;

/** The position before the first event that was stored at or after this time, as the server counts. */
async function positionBefore(connection: DeviceConnection, time: Date): Promise<number> {
  const manager = await connection.manager();
  const probe = await manager.consumers.add(stream, {
    name: `client-probe-${crypto.randomUUID()}`,
    filter_subject: serverFilterOf(connection.device, []),
    deliver_policy: DeliverPolicy.StartTime,
    opt_start_time: time.toISOString(),
    ack_policy: AckPolicy.None,
    mem_storage: true,
  });
  await manager.consumers.delete(stream, probe.name);
  return probe.delivered.stream_seq;
}

/** The last position that is not wanted, in the stream that is there now. */
export async function placeOf(connection: DeviceConnection, start: EventStart): Promise<PlaceInStream> {
  const now = await newestPlace(connection);
  if (start === 'now') return now;
  const { streamMadeAt } = now;
  if (start instanceof Date) return { after: await positionBefore(connection, start), streamMadeAt };
  // Of a stream that was made since, everything is wanted.
  const isSame = start.streamMadeAt === undefined || start.streamMadeAt === streamMadeAt;
  return { after: isSame ? start.after : 0, streamMadeAt };
}

/**
 * An ordered consumer: it makes itself again where it stopped after a lost connection or a restart of the server.
 * It always starts from a sequence: one that starts from a time or from "new" would begin at the start of the stream
 * when it is made again before its first message (@nats-io/jetstream 3.4.0, PullConsumerImpl.getConsumerOpts).
 * Where the stream was lost and made again, its successor begins at the start of the new one.
 */
export async function openOrderedSource(
  connection: DeviceConnection,
  start: EventStart,
  subjects: string[],
): Promise<OpenSource> {
  const { after, streamMadeAt } = await placeOf(connection, start);
  const consumer = await connection.jetstream.consumers.get(stream, {
    filter_subjects: serverFilterOf(connection.device, subjects),
    opt_start_seq: after + 1,
    name_prefix: `client-${crypto.randomUUID()}`,
  });
  const messages = await consumer.consume({ expires: 10_000 });
  const watch = new StreamWatch(connection, messages, streamMadeAt);
  const successor = {
    isNeeded: () => watch.streamWasReplaced,
    open: () => openOrderedSource(connection, { after: 0 }, subjects),
  };
  return { messages, acknowledge: false, successor };
}
