import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { DeviceId, SnapfleetError } from '@snapfleet/contracts';
import { expectAsked, tlsOptions, trustFailure, type ServerTrust } from '@snapfleet/nats-access';
import { fromNats } from './nats-failure.js';
import { nkeyOptions } from './nkey-options.js';

/** Where a device is and how to get in. */
export interface ConnectionOptions {
  /** One or more NATS addresses, such as `nats://127.0.0.1:4222`, or `tls://` ones. */
  readonly servers: string | readonly string[];
  /** The name of the device. */
  readonly device: string;
  readonly token?: string | undefined;
  /** File with the seed of the client's nkey, readable by its user only; in place of the token. */
  readonly nkeySeedFile?: string | undefined;
  /** File with the certificates of the authorities that may sign the server's; for `tls://`. Default: those of Node.js. */
  readonly caFile?: string | undefined;
  /** Who connects, in letters, digits and `-`; it becomes the `source` of the commands. Default: `client`. */
  readonly clientName?: string;
  /** How long the first connection may take. Default: 5,000. */
  readonly connectDeadlineMs?: number;
}

/** A connection to the NATS server of one device. */
export interface DeviceConnection {
  readonly nats: NatsConnection;
  readonly jetstream: JetStreamClient;
  /** The management side of JetStream, made when it is first needed. */
  manager(): Promise<JetStreamManager>;
  readonly device: DeviceId;
  readonly clientName: string;
}

function parseDevice(text: string): DeviceId {
  const device = DeviceId.safeParse(text);
  if (device.success) return device.data;
  const rule = device.error.issues[0]?.message ?? 'is not the name of a device';
  throw new SnapfleetError('invalid_message', `device "${text}": ${rule}`, { field: 'device', rule });
}

/**
 * Connects, and from then on reconnects by itself for as long as it is open.
 * @throws SnapfleetError `device_unreachable`, `access_denied`, `server_not_trusted`, or `invalid_message` for a wrong device
 *   name or a file that cannot serve
 */
export async function openConnection(options: ConnectionOptions): Promise<DeviceConnection> {
  const device = parseDevice(options.device);
  const clientName = options.clientName ?? 'client';
  const given = typeof options.servers === 'string' ? options.servers.split(',') : options.servers;
  const servers = given.map((server) => server.trim());
  const trust = { servers, caFile: options.caFile };
  const tls = tlsOptions(trust, 'caFile');
  try {
    const nats = await connect({
      servers,
      ...(options.token === undefined ? {} : { token: options.token }),
      ...nkeyOptions(options.nkeySeedFile),
      ...tls,
      name: `snapfleet ${clientName}`,
      timeout: options.connectDeadlineMs ?? 5_000,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 500,
      reconnectJitter: 500,
      // A dead network path is seen within a minute; the default takes six.
      pingInterval: 20_000,
      maxPingOut: 2,
    });
    // Permission errors reach the calls that caused them; without a reader they would also be unhandled rejections.
    nats.closed().catch(() => undefined);
    await expectTrusted(nats, trust);
    let manager: Promise<JetStreamManager> | undefined;
    return {
      nats,
      device,
      clientName,
      jetstream: jetstream(nats),
      manager: () => (manager ??= jetstreamManager(nats, { checkAPI: false })),
    };
  } catch (thrown) {
    throw trustFailure(thrown, trust) ?? fromNats(thrown, `cannot connect to ${servers.join(', ')}`);
  }
}

async function expectTrusted(nats: NatsConnection, trust: ServerTrust): Promise<void> {
  try {
    expectAsked(trust, nats.info?.tls_required === true);
  } catch (error) {
    await nats.close();
    throw error;
  }
}
