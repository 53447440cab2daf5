import type { DeviceId, Party } from '@snapfleet/contracts';
import type { MessagingLog } from './messaging-log.js';

/** How a service reaches the nats-server of its device. */
export interface ConnectionOptions {
  readonly party: Party;
  readonly device: DeviceId;
  /** Such as `nats://127.0.0.1:4222`; several are tried in turn. */
  readonly servers: string | readonly string[];
  /** File with the certificates of the authorities that may sign the server's; for `tls://`. Default: those of Node.js. */
  readonly caFile?: string | undefined;
  readonly token?: string | undefined;
  /**
   * Gives the seed of the service's nkey; called for each connection, so that a key can be changed. With it the service
   * is held to its part of the flow table (`permissionsOf` of the contracts), and one party declares for all.
   */
  readonly nkeySeed?: (() => Uint8Array) | undefined;
  readonly log?: MessagingLog | undefined;
}

/** Options of the publishing side. */
export interface MessagingOptions extends ConnectionOptions {
  /** How long one publish is tried again, across reconnects, before it fails. Default 30,000. */
  readonly publishDeadlineMs?: number | undefined;
}
