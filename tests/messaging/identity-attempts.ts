import { nkeyAuthenticator, nkeys, PermissionViolationError, type NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { type Identity, inboxPrefixOf, partyOf } from '@snapfleet/contracts';
import { readFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NatsServer } from '../support/nats-server.js';

/** What was tried and what of it the server refused. */
export type Refused = ReadonlySet<string>;

/** A connection as one identity, which tries what it likes and hears what the server refuses. */
export class IdentityAttempts {
  private readonly refused = new Set<string>();

  private constructor(
    readonly connection: NatsConnection,
    readonly inboxPrefix: string,
  ) {
    void this.listen();
  }

  static async connect(server: NatsServer, identity: Identity): Promise<IdentityAttempts> {
    const file = server.seedFiles?.[identity];
    if (file === undefined) throw new Error('the server knows no identities');
    const seed = new TextEncoder().encode((await readFile(file, 'ascii')).trim());
    const inboxPrefix = inboxPrefixOf(partyOf(identity), nkeys.fromSeed(seed).getPublicKey());
    const authenticator = nkeyAuthenticator(seed);
    const connection = await connect({ servers: server.url, authenticator, inboxPrefix, reconnect: false });
    return new IdentityAttempts(connection, inboxPrefix);
  }

  /**
   * Publishes an empty message on each subject.
   * @param named how the server names these subjects
   * @returns those that the server refused
   */
  async publish(subjects: readonly string[], named = subjects): Promise<Refused> {
    for (const subject of subjects) this.connection.publish(subject);
    return this.refusals('publish', named);
  }

  /** Subscribes to each subject, and ends that again. @returns the subjects that the server refused */
  async subscribe(subjects: readonly string[]): Promise<Refused> {
    const ignore = (): void => undefined;
    const subscriptions = subjects.map((subject) => this.connection.subscribe(subject, { callback: ignore }));
    const refused = await this.refusals('subscription', subjects);
    for (const subscription of subscriptions) subscription.unsubscribe();
    return refused;
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  /** The server answers in order: a refusal comes before the answer to the flush. */
  private async refusals(operation: 'publish' | 'subscription', subjects: readonly string[]): Promise<Refused> {
    await this.connection.flush();
    await nextTurn();
    const named = subjects.filter((subject) => this.refused.has(`${operation} ${subject}`));
    const withoutName = this.refused.size - named.length;
    this.refused.clear();
    if (withoutName > 0) throw new Error(`${String(withoutName)} refusals are of other subjects than were tried`);
    return new Set(named);
  }

  private async listen(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type !== 'error' || !(status.error instanceof PermissionViolationError)) continue;
      this.refused.add(`${status.error.operation} ${status.error.subject}`);
    }
  }
}
