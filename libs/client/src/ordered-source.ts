import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream';
import { streams } from '@snapfleet/contracts';
import type { DeviceConnection } from './device-connection.js';
import { serverFilterOf } from './event-filter.js';
import type { OpenSource } from './event-stream.js';
import { lastPosition } from './send-command.js';

/** Where to begin: with the next event, with the first one after a moment, or after a position. */
export type EventStart = 'now' | Date | { readonly after: number };

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

/** The last position that is not wanted. */
export async function positionOf(connection: DeviceConnection, start: EventStart): Promise<number> {
  if (start === 'now') return lastPosition(connection);
  return start instanceof Date ? positionBefore(connection, start) : start.after;
}

/**
 * An ordered consumer: it makes itself again where it stopped after a lost connection or a restart of the server.
 * It always starts from a sequence: one that starts from a time or from "new" would begin at the start of the stream
 * when it is made again before its first message (@nats-io/jetstream 3.4.0, PullConsumerImpl.getConsumerOpts).
 */
export async function openOrderedSource(
  connection: DeviceConnection,
  start: EventStart,
  subjects: string[],
): Promise<OpenSource> {
  const after = await positionOf(connection, start);
  const consumer = await connection.jetstream.consumers.get(stream, {
    filter_subjects: serverFilterOf(connection.device, subjects),
    opt_start_seq: after + 1,
    name_prefix: `client-${crypto.randomUUID()}`,
  });
  return { messages: await consumer.consume({ expires: 10_000 }), acknowledge: false };
}
