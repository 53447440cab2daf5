import { connect } from '@nats-io/transport-node';
import { nkeyAuthenticator, type NatsConnection } from '@nats-io/nats-core';
import { inboxPrefixOf, SnapfleetError, type Party } from '@snapfleet/contracts';
import { expectAsked, tlsOptions, trustFailure, type ServerTrust } from '@snapfleet/nats-access';
import { setTimeout as wait } from 'node:timers/promises';
import type { ConnectionOptions } from '../messaging-options.js';
import { nestLog, type MessagingLog } from '../messaging-log.js';
import { partiesDeclaredBy } from '../topology/declaring.js';

const firstRetryMs = 100;
const longestRetryMs = 5_000;

/** Full jitter below a growing bound, so that the services of a device do not return in step. */
const retryDelayMs = (attempt: number): number =>
  50 + Math.random() * Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(attempt, 6));

/**
 * The connection of a service to the nats-server of its device. It is made in the background and made again for ever,
 * so that a service can start before its server and outlive it.
 */
export class NatsLink {
  private readonly log: MessagingLog;
  private readonly closing = new AbortController();
  private readonly reconnectListeners = new Set<() => void>();
  private current: NatsConnection | undefined;
  private pending: Promise<NatsConnection> | undefined;
  private isConnected = false;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly purpose: string,
  ) {
    this.log = options.log ?? nestLog();
  }

  /** Whether the server can be reached now. */
  get connected(): boolean {
    return this.isConnected;
  }

  /** Beginning of the subjects on which answers to this service come. */
  get inboxPrefix(): string {
    return inboxPrefixOf(this.options.party);
  }

  /** The parties whose consumers this service declares, together with the streams; undefined: it declares nothing. */
  get declares(): readonly Party[] | undefined {
    return partiesDeclaredBy(this.options);
  }

  /**
   * The connection, as soon as it has been made once; while the server is away it is the same object.
   * @throws SnapfleetError `deadline_exceeded` when there is no connection by then, `interrupted` when the link is closed
   */
  async connection(deadlineMs: number, signal?: AbortSignal): Promise<NatsConnection> {
    if (this.current !== undefined && !this.current.isClosed()) return this.current;
    const connecting = this.connect();
    const ended = new AbortController();
    const stop = signal === undefined ? ended.signal : AbortSignal.any([ended.signal, signal]);
    const late = wait(deadlineMs, undefined, { signal: stop }).then(
      () => {
        throw new SnapfleetError(
          'deadline_exceeded',
          `no connection to ${this.address} within ${String(deadlineMs)} ms`,
        );
      },
      () => {
        throw new SnapfleetError('interrupted', `stopped waiting for a connection to ${this.address}`);
      },
    );
    try {
      return await Promise.race([connecting, late]);
    } finally {
      late.catch(() => undefined);
      ended.abort();
    }
  }

  /**
   * The connection while it can be used: waits for the server when it is away.
   * @throws SnapfleetError as `connection` does
   */
  async whenConnected(deadlineMs: number, signal?: AbortSignal): Promise<NatsConnection> {
    const end = performance.now() + deadlineMs;
    const connection = await this.connection(deadlineMs, signal);
    while (!this.isConnected && !connection.isClosed()) {
      if (signal?.aborted === true || this.closing.signal.aborted) {
        throw new SnapfleetError('interrupted', `stopped waiting for ${this.address}`);
      }
      if (performance.now() > end) {
        throw new SnapfleetError('deadline_exceeded', `${this.address} was away for ${String(deadlineMs)} ms`);
      }
      await wait(20);
    }
    return connection;
  }

  /** Begins to connect; an error is never thrown, only tried again. */
  connect(): Promise<NatsConnection> {
    if (this.pending === undefined) {
      this.pending = this.dial();
      this.pending.catch(() => undefined);
    }
    return this.pending;
  }

  /** Calls the listener after each reconnect; returns what removes it again. */
  onReconnect(listener: () => void): () => void {
    this.reconnectListeners.add(listener);
    return () => this.reconnectListeners.delete(listener);
  }

  /** Sends what is still to be sent, for at most the deadline, and closes. */
  async close(deadlineMs = 2_000): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    const connection = this.current;
    if (connection === undefined || connection.isClosed()) return;
    if (this.isConnected)
      await Promise.race([connection.flush(), wait(deadlineMs, undefined, { ref: false })]).catch(() => undefined);
    await connection.close();
  }

  private get trust(): ServerTrust {
    return { servers: [this.options.servers].flat(), caFile: this.options.caFile };
  }

  private get address(): string {
    return this.trust.servers.join(', ');
  }

  private async dial(): Promise<NatsConnection> {
    for (let attempt = 0; ; attempt += 1) {
      if (this.closing.signal.aborted) throw new SnapfleetError('interrupted', `the link to ${this.address} is closed`);
      try {
        const connection = await this.dialOnce();
        this.take(connection);
        return connection;
      } catch (cause) {
        this.log.warn('nats.unreachable', {
          servers: this.address,
          purpose: this.purpose,
          attempt,
          error: trustFailure(cause, this.trust)?.message ?? String(cause),
        });
        await wait(retryDelayMs(attempt), undefined, { signal: this.closing.signal }).catch(() => undefined);
      }
    }
  }

  private async dialOnce(): Promise<NatsConnection> {
    const { party, device, token, nkeySeed } = this.options;
    const connection = await connect({
      servers: [...this.trust.servers],
      name: `${device}/${party}/${this.purpose}`,
      ...(token === undefined ? {} : { token }),
      ...(nkeySeed === undefined ? {} : { authenticator: nkeyAuthenticator(nkeySeed) }),
      inboxPrefix: this.inboxPrefix,
      ...tlsOptions(this.trust, 'caFile'),
      maxReconnectAttempts: -1,
      ignoreAuthErrorAbort: true,
      reconnectDelayHandler: () => retryDelayMs(3),
      timeout: 5_000,
      pingInterval: 15_000,
    });
    try {
      expectAsked(this.trust, connection.info?.tls_required === true);
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  private take(connection: NatsConnection): void {
    if (this.closing.signal.aborted) {
      void connection.close();
      throw new SnapfleetError('interrupted', `the link to ${this.address} is closed`);
    }
    this.current = connection;
    this.isConnected = true;
    this.log.info('nats.connected', { servers: this.address, purpose: this.purpose });
    void this.watch(connection);
  }

  private async watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect' || status.type === 'staleConnection') this.lost(status.type);
      if (status.type === 'error') this.log.warn('nats.error', { purpose: this.purpose, error: status.error.message });
      if (status.type === 'reconnect') this.restored();
    }
    this.isConnected = false;
    this.pending = undefined;
    // The client closes for good only on errors that it takes as final; for a service none is.
    if (!this.closing.signal.aborted)
      void this.connect()
        .then(() => this.tellReconnected())
        .catch(() => undefined);
  }

  private lost(reason: string): void {
    if (this.isConnected) this.log.warn('nats.disconnected', { purpose: this.purpose, reason });
    this.isConnected = false;
  }

  private restored(): void {
    this.isConnected = true;
    this.log.info('nats.reconnected', { purpose: this.purpose });
    this.tellReconnected();
  }

  private tellReconnected(): void {
    for (const listener of this.reconnectListeners) listener();
  }
}
