import {
  AckPolicy,
  DeliverPolicy,
  JetStreamApiError,
  jetstreamManager,
  type ConsumerInfo,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/nats-core';
import {
  consumersOf,
  streams,
  type ConsumerDeclaration,
  type Party,
  type StreamDeclaration,
} from '@snapfleet/contracts';

/** What may be changed of the declared consumers; tests shorten times by it. */
export interface ConsumerAdjustments {
  readonly ackWaitMs?: number | undefined;
}

/** A consumer as it stands on the server, with the declaration that it was made from. */
export interface AppliedConsumer {
  readonly declaration: ConsumerDeclaration;
  readonly info: ConsumerInfo;
}

/** Messages that a service holds or has put off; far above what it works on, so that put-off ones do not block others. */
const mostUnacknowledged = 1_000;
const streamExists = 10_058;
const consumerMissing = 10_014;

/**
 * Declares the streams of a device and the durable consumers of these parties, as the contracts say. Doing it again
 * changes nothing; what stands differently is updated. `sync_interval` is a setting of the server, not of a stream.
 */
export async function applyTopology(
  connection: NatsConnection,
  parties: readonly Party[],
  adjustments: ConsumerAdjustments = {},
): Promise<readonly AppliedConsumer[]> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  for (const declaration of Object.values(streams)) await applyStream(manager, declaration);
  const applied: AppliedConsumer[] = [];
  for (const declaration of parties.flatMap(consumersOf)) {
    applied.push({ declaration, info: await applyConsumer(manager, declaration, adjustments) });
  }
  return applied;
}

/**
 * Declares again what is gone of the streams and of the consumers of these parties; what is there is left as it is. Gives
 * the names of the consumers that were gone.
 */
export async function redeclareLost(connection: NatsConnection, parties: readonly Party[]): Promise<readonly string[]> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  for (const declaration of Object.values(streams)) await addStream(manager, configOf(declaration));
  const lost: string[] = [];
  for (const declaration of parties.flatMap(consumersOf)) {
    if (await isDeclared(manager, declaration)) continue;
    await applyConsumer(manager, declaration, {});
    lost.push(`${declaration.stream}/${declaration.durable}`);
  }
  return lost;
}

async function isDeclared(manager: JetStreamManager, { stream, durable }: ConsumerDeclaration): Promise<boolean> {
  try {
    await manager.consumers.info(stream, durable);
    return true;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === consumerMissing) return false;
    throw error;
  }
}

/** The consumers of a party as another has declared them. @throws JetStreamApiError while one is missing */
export async function findConsumers(connection: NatsConnection, party: Party): Promise<readonly AppliedConsumer[]> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const find = async (declaration: ConsumerDeclaration): Promise<AppliedConsumer> => ({
    declaration,
    info: await manager.consumers.info(declaration.stream, declaration.durable),
  });
  return Promise.all(consumersOf(party).map(find));
}

async function applyStream(manager: JetStreamManager, declaration: StreamDeclaration): Promise<void> {
  const config = configOf(declaration);
  if (!(await addStream(manager, config))) await manager.streams.update(declaration.name, config);
}

/** False: it is there already, and stands differently. */
async function addStream(manager: JetStreamManager, config: ReturnType<typeof configOf>): Promise<boolean> {
  try {
    await manager.streams.add(config);
    return true;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === streamExists) return false;
    throw error;
  }
}

const configOf = (declaration: StreamDeclaration) =>
  ({
    name: declaration.name,
    subjects: [...declaration.subjects],
    retention: declaration.retention,
    storage: 'file',
    num_replicas: 1,
    max_age: nanos(declaration.maxAgeSeconds * 1_000),
    max_bytes: declaration.maxBytes,
    discard: declaration.discard,
    duplicate_window: nanos(declaration.duplicateWindowSeconds * 1_000),
    allow_direct: true,
  }) satisfies Partial<StreamConfig>;

/**
 * `max_deliver` stays unlimited on the server: there a message that reaches it stays in the stream unseen, for ever in a
 * work queue. The transport counts the deliveries and makes the dead letter itself, also when the process died each time.
 */
async function applyConsumer(
  manager: JetStreamManager,
  declaration: ConsumerDeclaration,
  adjustments: ConsumerAdjustments,
): Promise<ConsumerInfo> {
  const changeable = {
    ack_wait: nanos(adjustments.ackWaitMs ?? declaration.ackWaitSeconds * 1_000),
    max_deliver: -1,
    max_ack_pending: mostUnacknowledged,
    filter_subjects: [...declaration.filterSubjects],
  };
  try {
    return await manager.consumers.update(declaration.stream, declaration.durable, changeable);
  } catch (error) {
    if (!(error instanceof JetStreamApiError && error.code === consumerMissing)) throw error;
  }
  return manager.consumers.add(declaration.stream, {
    durable_name: declaration.durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ...changeable,
  });
}
