import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  type ConsumerUpdateConfig,
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import { SnapfleetError, streams } from '@snapfleet/contracts';
import type { DeviceConnection } from './device-connection.js';
import { serverFilterOf } from './event-filter.js';
import type { OpenSource } from './event-stream.js';
import { type EventStart, placeOf } from './ordered-source.js';

/** A place in the event stream that the device's server keeps for a named subscriber. */
export interface DurableStart {
  /** 1 to 40 of a-z, 0-9 and `-`. Two programs that use one name share the events between them. */
  readonly durable: string;
  /** Where to begin when the name is new. Default: `now`. */
  readonly start?: EventStart;
}

const stream = streams.events.name;
const month = 30 * 24 * 60 * 60 * 1000;

/** The name of the consumer on the server; the prefix keeps it apart from those of the services. */
function consumerNameOf(durable: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,39}$/.test(durable)) return `client-${durable}`;
  const rule = 'must be 1 to 40 of a-z, 0-9 and "-", and not begin with "-"';
  throw new SnapfleetError('invalid_message', `durable "${durable}": ${rule}`, { field: 'durable', rule });
}

const isNotFound = (thrown: unknown): boolean =>
  thrown instanceof JetStreamApiError && thrown.code === JetStreamApiCodes.ConsumerNotFound;

async function infoOf(manager: JetStreamManager, name: string): Promise<ConsumerInfo | undefined> {
  try {
    return await manager.consumers.info(stream, name);
  } catch (thrown) {
    if (isNotFound(thrown)) return undefined;
    throw thrown;
  }
}

/** One event at a time and in order: the next is sent when the last was acknowledged. */
function configurationOf(name: string, filter: string, after: number): Partial<ConsumerConfig> {
  return {
    durable_name: name,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(30_000),
    max_ack_pending: 1,
    max_deliver: -1,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: after + 1,
    filter_subject: filter,
    // Who has not come for as long as events are kept has nothing left to come back to.
    inactive_threshold: nanos(month),
  };
}

/** A durable consumer, made when its name is new; a changed filter is taken over. */
export async function openDurableSource(
  connection: DeviceConnection,
  from: DurableStart,
  subjects: string[],
): Promise<OpenSource> {
  const name = consumerNameOf(from.durable);
  const filter = serverFilterOf(connection.device, subjects);
  const manager = await connection.manager();
  if ((await infoOf(manager, name)) === undefined) {
    const { after } = await placeOf(connection, from.start ?? 'now');
    await manager.consumers.add(stream, configurationOf(name, filter, after));
  } else {
    // An earlier version of this client asked for several filters; undefined takes them back.
    const change = { filter_subjects: undefined, filter_subject: filter } as unknown as Partial<ConsumerUpdateConfig>;
    await manager.consumers.update(stream, name, change);
  }
  const consumer = await connection.jetstream.consumers.get(stream, name);
  const messages = await consumer.consume({ max_messages: 1, expires: 10_000, abort_on_missing_resource: true });
  return { messages, acknowledge: true };
}

/** Gives up a durable name. @returns false when there was none */
export async function deleteDurable(connection: DeviceConnection, durable: string): Promise<boolean> {
  const manager = await connection.manager();
  try {
    return await manager.consumers.delete(stream, consumerNameOf(durable));
  } catch (thrown) {
    if (isNotFound(thrown)) return false;
    throw thrown;
  }
}
