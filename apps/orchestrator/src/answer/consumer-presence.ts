import { JetStreamApiCodes, JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import { streams } from '@snapfleet/contracts';
import { NatsLink } from '@snapfleet/messaging';
import type { ServicePresence } from './examine-device.use-case.js';

const connectMs = 5000;

/** A service is at work when somebody asks its durable consumer for messages, or holds some that are not settled yet. */
export class ConsumerPresence implements ServicePresence {
  constructor(private readonly link: NatsLink) {}

  async isListening(service: 'backup-worker' | 'restore-verifier'): Promise<boolean> {
    const manager = await jetstreamManager(await this.link.connection(connectMs), { checkAPI: false });
    try {
      const { num_waiting, num_ack_pending } = await manager.consumers.info(streams.events.name, service);
      return num_waiting > 0 || num_ack_pending > 0;
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound) return false;
      throw error;
    }
  }
}
