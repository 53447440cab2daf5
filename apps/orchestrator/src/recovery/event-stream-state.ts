import { JetStreamApiCodes, JetStreamApiError, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { SnapfleetError, streams } from '@snapfleet/contracts';
import type { NatsLink } from '@snapfleet/messaging';
import type { FactStream } from '../facts/record-fact.use-case.js';
import type { EventStreamState } from './recovery-ports.js';

const connectMs = 5_000;

/** The event stream of the device's own nats-server. */
export class JetStreamEventState implements EventStreamState, FactStream {
  constructor(private readonly link: NatsLink) {}

  async madeAt(): Promise<string | undefined> {
    try {
      return (await (await this.manager()).streams.info(streams.events.name)).created;
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return undefined;
      throw error;
    }
  }

  async isIdle(service: 'orchestrator' | 'backup-worker' | 'restore-verifier'): Promise<boolean> {
    const manager = await this.manager();
    try {
      const { num_pending, num_ack_pending } = await manager.consumers.info(streams.events.name, service);
      return num_pending + num_ack_pending === 0;
    } catch (error) {
      // What it has settled is not known: once it is there again it gets every event again.
      if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound) return false;
      throw error;
    }
  }

  async holding(sequence: number): Promise<string> {
    const { created, state } = await (await this.manager()).streams.info(streams.events.name);
    if (sequence <= state.last_seq) return created;
    throw new SnapfleetError('interrupted', `message ${String(sequence)} was of an event stream that is gone`);
  }

  private async manager(): Promise<JetStreamManager> {
    return jetstreamManager(await this.link.connection(connectMs), { checkAPI: false });
  }
}
