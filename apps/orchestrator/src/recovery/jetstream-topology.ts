import { type NatsLink, redeclareLost } from '@snapfleet/messaging';
import type { DeviceTopology } from './recovery-ports.js';

const connectMs = 5_000;

/** The streams and consumers on the device's own nats-server, as far as this service declares them. */
export class JetStreamTopology implements DeviceTopology {
  constructor(private readonly link: NatsLink) {}

  async redeclare(): Promise<readonly string[]> {
    const { declares } = this.link;
    return declares === undefined ? [] : redeclareLost(await this.link.connection(connectMs), declares);
  }
}
